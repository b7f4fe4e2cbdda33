"""fixture.py FILE…: writes into each exported workload the completion times of the rules of the differential test, in seconds."""
import json, sys, sim as S, pace
AGAIN = ("pace",)
class T: pass
def load(d):
    out = []
    for t in d["tasks"]:
        x = T(); x.id = t["id"]; x.arr = t["arrival"]; x.group = t["group"]; x.w = t["weight"]; x.cap = t["max_sessions"]
        x.deps = tuple(t["needs"]); x.succ = []; x.need = t["completes_after"]; x.never = x.need is None
        x.sess = [(s["seconds"], s["tokens"], 0, s["total"], s["done"], s["total"], s["crashed"]) for s in t["sessions"]]
        m = len(x.sess) if x.never else x.need; x.p = sum(s[0] for s in x.sess[:m]); x.tok = sum(s[1] for s in x.sess[:m]); out.append(x)
    for x in out:
        for j in x.deps: out[j].succ.append(x.id)
    return out, d["slots"], [g["weight"] for g in d["groups"]]
class NaiveSRPT(S.EstSRPT):
    def init(s, e): super().init(e); s.est.T *= 60
POL = {"pace": lambda: pace.Pooled(unit=1.0), "fifo": S.FIFO, "round-robin": S.RR, "las": S.LAS, "shortest-remaining": NaiveSRPT, "clairvoyant": S.SRPTo, "inspect": S.Inspect}
def main(check=False):
    for f in sys.argv[1:]:
        text = open(f).read(); d = json.loads(text); old = d.get("expected", {})
        for name, mk in POL.items():
            if name in old and name not in AGAIN: continue
            tasks, k, gw = load(d); S.POL["X"] = mk
            fin = S.run_one(tasks, k, gw, "X")["_fin"]
            d.setdefault("expected", {})[name] = [None if x is None or x == S.INF else round(x, 3) for x in fin]
        open(f, "w").write(json.dumps(d, separators=(",", ":")) + ("\n" if text.endswith("\n") else ""))
if __name__ == "__main__": main()
