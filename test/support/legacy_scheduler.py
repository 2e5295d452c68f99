"""An older scheduler, as small as one can be: it claims each slot at the door, performs, and reports.

Usage: legacy_scheduler.py BASE_URL TOKEN_FILE JOB PERIOD_SECONDS LEDGER_FILE
"""
import datetime, json, os, signal, sys, time, urllib.error, urllib.request, uuid

base, token_file, job, period, ledger = sys.argv[1:6]
stopping = []
signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))


def call(method, body, key):
    """Asks until there is an answer, with one key throughout: a lost reply is given again."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    for _ in range(100):  # also while it stops: what it holds is reported
        with open(token_file) as file:
            headers["Authorization"] = "Bearer " + file.read().strip()
        request = urllib.request.Request(base + "/api/legacy/runs", json.dumps(body).encode(), headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return error.code, json.load(error)
        except OSError:
            pass
        time.sleep(0.1)
    return 0, {}


while not stopping:
    started = datetime.datetime.now(datetime.timezone.utc).isoformat()
    status, claim = call("POST", {"job": job, "startedAt": started, "leaseSeconds": 30}, str(uuid.uuid4()))
    if status == 201:
        with open(ledger, "a") as file:  # this is what it performs: nothing before 201, once for each 201
            file.write(f"{claim['run']} {claim['fence']} {os.getpid()}\n")
        call("PATCH", {"run": claim["run"], "fence": claim["fence"], "status": "succeeded"}, str(uuid.uuid4()))
    time.sleep(float(period) - time.time() % float(period))
