"""The part that runs inside Python 2.7: drives the Autobahn test suite.

    wstest.py catalogue       prints all cases and groups as one JSON object
    wstest.py run SPEC.json   runs the cases of SPEC, one JSON line per event

The suite's own chatter goes to standard error. Used by ./run and suite.py alone.
"""
import json
import os
import sys

from autobahn.twisted.websocket import listenWS
from autobahntestsuite import fuzzing
from twisted.internet import reactor, task

REPORTED = ("behavior", "behaviorClose", "result", "resultClose", "remoteCloseCode", "duration")

# The suite prints freely: keep the real standard output for the events.
events = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def emit(**event):
    events.write(json.dumps(event) + "\n")
    events.flush()


def case_id(case):
    return case.__name__[len(fuzzing.CaseBasename):].replace("_", ".")


class Live(object):
    """Tells of each case as it ends, and writes the reports once, at the very end.

    The suite itself keeps all results to itself until its last case is done, which
    leaves nothing to look at when a run is cut short.
    """

    def logCase(self, result):
        fuzzing.FuzzingFactory.logCase(self, result)
        emit(case=result["id"],
             report=self.makeAgentCaseReportFilename(result["agent"], result["id"], "html"),
             **dict((key, result[key]) for key in REPORTED))

    def createReports(self):
        pass

    def write_reports(self):
        fuzzing.FuzzingFactory.createReports(self)


class LiveClient(Live, fuzzing.FuzzingClientFactory):
    def clientConnectionFailed(self, connector, reason):
        emit(lost=reason.getErrorMessage())
        fuzzing.FuzzingClientFactory.clientConnectionFailed(self, connector, reason)


class LiveServer(Live, fuzzing.FuzzingServerFactory):
    pass


def stop_when_orphaned(parent=os.getppid()):
    if os.getppid() != parent:
        reactor.stop()


def catalogue():
    emit(cases=dict((case_id(c), " ".join([c.DESCRIPTION, c.EXPECTATION])) for c in fuzzing.Cases),
         groups=fuzzing.CaseCategories)


def run(path):
    with open(path) as f:
        spec = json.load(f)
    if "servers" in spec:
        factory = LiveClient(spec)
    else:
        factory = LiveServer(spec)
        # The suite's own start-up would listen on every interface.
        listenWS(factory, interface="127.0.0.1")
        reactor.callWhenRunning(emit, listening=True)
    task.LoopingCall(stop_when_orphaned).start(1)
    reactor.addSystemEventTrigger("before", "shutdown", factory.write_reports)
    reactor.run()


if sys.argv[1:] == ["catalogue"]:
    catalogue()
elif len(sys.argv) == 3 and sys.argv[1] == "run":
    run(sys.argv[2])
else:
    sys.exit(__doc__)
