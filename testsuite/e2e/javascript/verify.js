// Looks at requests that Latch sent, as their receiver would. Reads from stdin
// a list of {scheme, key, headers, body (base64), now (what the receiver's clock
// shows, in Unix seconds)}, and writes for each why it is refused, or "".
//
// v1 is checked by the reference library. It has no v1a, so that is checked by
// Node's own ed25519, after the specification's "Signature scheme".
import { createPublicKey, verify } from "node:crypto";
import { json } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";

const TOLERANCE = 5 * 60; // seconds, the library's own

const verifiers = {
  v1(key, body, headers) {
    const webhook = key.startsWith("whsec_") ? new Webhook(key) : new Webhook(key, { format: "raw" });
    webhook.verify(body, headers, { jsonParse: false });
  },

  v1a(key, body, headers) {
    const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures } = headers;
    const age = Math.floor(Date.now() / 1000) - Number(timestamp);
    if (!(age <= TOLERANCE)) throw new Error("Message timestamp too old");
    if (!(age >= -TOLERANCE)) throw new Error("Message timestamp too new");
    const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
    const publicKey = ed25519(key);
    const good = signatures.split(" ").some((signature) => {
      const [scheme, value] = signature.split(",");
      return scheme === "v1a" && verify(null, content, publicKey, Buffer.from(value, "base64"));
    });
    if (!good) throw new Error("No matching signature found");
  },
};

function ed25519(key) {
  if (!key.startsWith("whpk_")) throw new Error("the key does not begin with whpk_");
  const x = Buffer.from(key.slice("whpk_".length), "base64").toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

function refusal({ scheme, key, headers, body, now }) {
  Date.now = () => now * 1000;
  try {
    verifiers[scheme](key, Buffer.from(body, "base64"), headers);
    return "";
  } catch (error) {
    return error.message;
  }
}

const requests = await json(process.stdin);
process.stdout.write(JSON.stringify(requests.map(refusal)));
