"""One flow as JSON: `flow-trace/1`, described by `reports/flow-trace.schema.json`."""

from auditor.reporters.json_report import encode
from auditor.traces import Trace

SCHEMA = "flow-trace/1"


def render(trace: Trace) -> str:
    """Return the trace as indented JSON."""
    return encode(
        {
            "schema": SCHEMA,
            "flow": trace.flow,
            "verdict": trace.verdict,
            "path": trace.path,
            "reason": trace.reason,
            "hops": trace.hops,
            "reply": trace.reply,
            "caveats": trace.caveats,
        }
    )
