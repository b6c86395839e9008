// Runs the workflows of a file in a worker of Temporal's TypeScript SDK, until it is told to stop.
const { NativeConnection, Worker } = require('@temporalio/worker');

const [address, taskQueue, file] = process.argv.slice(2);

async function run() {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({ connection, taskQueue, workflowsPath: require.resolve(file) });
  await worker.run();
  await connection.close();
}

run().catch((error) => {
  console.error(error);
  process.exit(1);
});
