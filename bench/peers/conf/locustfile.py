"""For Locust: one request repeated (L_PATH), or the application agent's ten weighted tasks with JSON bodies, each
answer checked for its status and a field. The class is chosen on the command line. No waiting: what is measured is
what a request costs."""
import json
import os
import random
import sys
import uuid

from locust import FastHttpUser, HttpUser, User, constant, events, task

MODELS = ["gpt-4o", "claude-sonnet", "llama-70b", "mistral-large"]
PROMPTS = ["Explain how a hash table resolves collisions.", "What is the capital of Australia, and why not Sydney?"]
RESPONSES = ["Colliding keys are chained in a list or probed for in the next free slot.",
             "Canberra was built as a compromise between Sydney and Melbourne."]
PATH = os.environ.get("L_PATH", "/health")


class One(User):
    abstract = True
    wait_time = constant(0)

    @task
    def hit(self):
        self.client.get(PATH)


class Mix(User):
    abstract = True
    wait_time = constant(0)

    def call(self, method, path, name=None, **arguments):
        with self.client.request(method, path, name=name or path, catch_response=True, **arguments) as answer:
            if answer.status_code != 200 or answer.json().get("status") != "ok":
                answer.failure("not ok")

    @task(10)
    def analyze(self):
        self.call("POST", "/quality/analyze", json={"prompt": random.choice(PROMPTS), "response": random.choice(RESPONSES),
                                                    "model_id": random.choice(MODELS)})

    @task(5)
    def insights(self): self.call("GET", "/quality/insights")

    @task(3)
    def baseline(self):
        self.call("POST", "/regression/baseline", json={"model_name": random.choice(MODELS), "config_hash": str(uuid.uuid4()),
                                                        "sample_size": random.randint(50, 200)})

    @task(3)
    def detect(self):
        self.call("POST", "/regression/detect", json={"model_name": random.choice(MODELS), "config_hash": "user-7",
                                                      "current_quality": random.randint(70, 95)})

    @task(3)
    def analytics(self):
        self.call("GET", f"/analytics/{random.choice(('summary', 'trends', 'comparison'))}", name="/analytics/*")

    @task(2)
    def validation(self):
        self.call("POST", "/validation/create", json={"name": f"validation {uuid.uuid4()}", "model_name": random.choice(MODELS),
                                                      "baseline_quality": random.randint(70, 85), "new_quality": random.randint(75, 95)})

    @task(2)
    def workflow(self):
        self.call("POST", "/workflow/validate", json={"model_name": random.choice(MODELS), "prompt": random.choice(PROMPTS),
                                                      "response": random.choice(RESPONSES)})

    @task(2)
    def configuration(self): self.call("GET", "/config/current")

    @task(1)
    def health(self): self.call("GET", "/health")

    @task(1)
    def stats(self): self.call("GET", "/admin/stats")


class OneHttp(One, HttpUser): abstract = False
class OneFast(One, FastHttpUser): abstract = False
class MixHttp(Mix, HttpUser): abstract = False
class MixFast(Mix, FastHttpUser): abstract = False


@events.quitting.add_listener
def summary(environment, **_):
    total = environment.stats.total
    percentile = lambda share: total.get_response_time_percentile(share) or 0
    print("RESULT " + json.dumps({"n": total.num_requests, "errors": total.num_failures, "p50": percentile(.5),
                                  "p90": percentile(.9), "p99": percentile(.99), "p999": percentile(.999),
                                  "max": round(total.max_response_time, 3)}), file=sys.stderr)
