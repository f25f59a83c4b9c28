"""For Locust: one request repeated (L_PATH), or the application agent's ten weighted tasks with JSON bodies, each
answer checked for its status and a field. The class is chosen on the command line. No waiting: what is measured is
what a request costs."""
import json
import os
import random
import sys

from locust import FastHttpUser, HttpUser, User, constant, events, task

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
    def health(self): self.call("GET", "/health")
    @task(5)
    def metrics(self): self.call("GET", "/metrics")
    @task(3)
    def analyze(self): self.call("POST", "/analyze", json={"text": "some words to analyze", "depth": 3, "tags": ["x", "y"]})
    @task(3)
    def list_items(self): self.call("GET", f"/items?page={random.randint(1, 50)}", name="/items?page")
    @task(2)
    def item(self): self.call("GET", f"/items/{random.randint(1, 1000)}", name="/items/:id")
    @task(2)
    def create(self): self.call("POST", "/items", json={"name": f"n{random.randint(1, 1000)}", "price": 9.5})
    @task(3)
    def search(self): self.call("GET", f"/search?q=term{random.randint(1, 100)}", name="/search")
    @task(2)
    def batch(self): self.call("POST", "/batch", json={"ops": [1, 2, 3, 4, 5]})
    @task(1)
    def status(self): self.call("GET", "/status")
    @task(1)
    def login(self): self.call("POST", "/login", json={"user": f"u{random.randint(1, 1000)}", "pass": "secret"})


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
