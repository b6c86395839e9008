"""Starts a job through the HTTP API of a Temporal server, as a service in any
language can: the workflow's name, its task queue, and the job as JSON.

Usage: start_job.py JOB.json [TEMPORAL_HTTP_ADDRESS]"""

import base64
import json
import sys
import urllib.error
import urllib.parse
import urllib.request


def start(job, address):
    """Starts latch.JobRun with the job and gives the run's id."""
    payload = {
        "metadata": {"encoding": base64.b64encode(b"json/plain").decode()},
        "data": base64.b64encode(json.dumps(job).encode()).decode(),
    }
    workflow = urllib.parse.quote(f"job-{job['id']}", safe="")
    request = urllib.request.Request(
        f"{address}/api/v1/namespaces/default/workflows/{workflow}",
        data=json.dumps({
            "workflowType": {"name": "latch.JobRun"},
            "taskQueue": {"name": "latch"},
            "input": {"payloads": [payload]},
        }).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["runId"]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    address = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:7243"
    try:
        print(start(job, address))
    except urllib.error.HTTPError as error:
        sys.exit(f"{address}: {error.code}: {error.read().decode()}")
    except urllib.error.URLError as error:
        sys.exit(f"{address} is out of reach: {error.reason}")


if __name__ == "__main__":
    main()
