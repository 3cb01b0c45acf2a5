"""A session that reads its own writes while it changes branch with every operation.

usage: client.py [--forget] ADDRESS...      branches 1, 2, ... in the order of `readback serve`

Exit status 0: each balance included all deposits before it; 1: one did not, or a call failed.
`--forget` drops the token before each read: the control, which misses writes that are late.
"""
import random, secrets, sys, time

import grpc

bank, services = grpc.protos_and_services("readback/v1/bank.proto")  # compiled in memory
PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)


class Session:
    def __init__(self, addresses):
        self.branches = [services.BankStub(grpc.insecure_channel(address)) for address in addresses]
        self.name = {"session_opened_at_unix_ns": time.time_ns(), "session_nonce": secrets.randbits(64)}
        self.number = 0
        self.writes, self.reads = {}, {}  # the token: (branch, started_at, nonce) -> counter

    def deposit(self, branch, amount):
        dot = self.call(branch, "Deposit", bank.DepositRequest(account=0, amount=amount)).accepted
        life = dot.origin.incarnation
        origin = (dot.origin.branch, life.started_at_unix_ns, life.nonce)
        self.writes[origin] = max(self.writes.get(origin, 0), dot.counter)

    def query(self, branch):
        reply = self.call(branch, "Query", bank.QueryRequest(account=0))
        words = iter(reply.witness.entries)
        for *origin, counter in zip(words, words, words, words):  # four words for each entry
            self.reads[tuple(origin)] = max(self.reads.get(tuple(origin), 0), counter)
        return reply.balance, reply.parked_for_ns / 1e6

    def call(self, branch, method, request):
        """Each attempt repeats the first one: the same name, branch, incarnation and token."""
        self.number += 1
        stub, header = self.branches[branch - 1], request.header
        header.MergeFrom(bank.RequestHeader(branch=branch, max_wait_ns=5_000_000_000))
        header.request_id.MergeFrom(type(header.request_id)(number=self.number, **self.name))
        header.token.writes.entries.extend(word for o, n in self.writes.items() for word in (*o, n))
        header.token.reads.entries.extend(word for o, n in self.reads.items() for word in (*o, n))
        header.guarantees.MergeFrom(bank.Guarantees(read_your_writes=True, monotonic_reads=True))
        for header.attempt in range(5):
            try:
                if method != "Query" and not header.HasField("incarnation"):  # writes must name it
                    greeting = stub.Greet(bank.GreetRequest(branch=branch), timeout=2)
                    header.incarnation.CopyFrom(greeting.incarnation)
                return getattr(stub, method)(request, timeout=7)
            except grpc.RpcError as error:  # without details it is the transport's: try again
                trailers = dict(error.trailing_metadata() or ())
                final = "grpc-status-details-bin" in trailers and error.code() not in PASSING
                if final or header.attempt == 4:
                    raise
                time.sleep(random.uniform(0, 0.02 * 2**header.attempt))


def main(addresses, forgets):
    session, stale = Session(addresses), 0
    expected, _ = session.query(1)
    for turn in range(20):
        here, there = turn % len(addresses) + 1, (turn + 1) % len(addresses) + 1
        session.deposit(here, 10)
        expected += 10
        if forgets:
            session.writes, session.reads = {}, {}
        balance, wait_ms = session.query(there)
        stale += balance < expected
        print(f"deposit at {here}, read at {there}: {balance} of {expected}, waited {wait_ms:.1f} ms")
    print(f"{stale} of 20 reads missed an own write")
    return stale > 0


if __name__ == "__main__":
    sys.exit(main([word for word in sys.argv[1:] if word != "--forget"], "--forget" in sys.argv))
