"""PACE with estimates that are pooled over tasks: the rule that Quire has, and the reference of its differential test.

PACE's group layer, ageing share and static keys (sim.PACE); new are the estimate of what is left, the rank of tasks that
nobody has seen, and which tasks are among the longest. Times in UNIT seconds (60 for sim.py's minutes, 1 for seconds).
"""
import heapq, math, sim as S
INF = float("inf")
SLOPE, SLOPE_WEIGHT, REACH = -1.0, 2.0, 0.6           # log(seconds per entry) over log(length of the list)
ENTRY_VAR, VAR, VAR_WEIGHT, VAR_MIN, VAR_MAX = 2.5, 0.25, 6.0, 0.1, 0.6
SESSION_WEIGHT, LAST_SESSION, FIRST = 4.0, 0.5, 0.4
STAGNATION, LOST = 2.0, 2.0
IDLE, STUCK_AFTER, STUCK, LIVE = 0.3, 4, 2.0, 100.0   # share of idle sessions; tasks stuck for good and sessions of others
MARGIN = 6.0
CLOCK = 0.5            # weight of the share clock when the task came
CRIT = 1.5             # remaining work of the longest tasks that begin in time, against that of the group on all its slots

class Est:
    def __init__(s, n, unit):
        s.unit = unit; s.T = 4 * 132.0 / unit; s.I = 4.0; s.S = 3 * 540.0 / unit; s.M = 3.0
        z = lambda v=0.0: [v] * n
        s.m = z(0); s.hw = z(0); s.tot = z(0); s.rep = z(0); s.A = z(); s.c = z(0); s.lw = z(1 << 30); s.lw_s = z()
        s.att = z(); s.R = z(); s.N = z(); s.size = z()
        s.W = s.X = s.Y = s.XX = s.XY = s.YY = s.WV = 0.0
        s.stuck, s.live = STUCK, LIVE
        s.counts = [0] * 128; s.sums = [0.0] * 128; s.n = 0; s.changes = 0; s.next = 1; s.r0 = s.mean = None
    def sbar(s): return s.S / s.M
    def unseen(s): return s.r0 if s.r0 is not None else 4 * s.sbar()
    def unseen_mean(s): return s.mean if s.mean is not None else 4 * s.sbar()
    def rem(s, i): return s.R[i]
    def pool(s, i, sign):
        d = s.hw[i]
        if d <= 0 or s.A[i] <= 0: return
        x = math.log(max(1, s.tot[i])); y = math.log(s.A[i] / d); w = sign * (d / (d + 2.0))
        s.W += w; s.X += w * x; s.Y += w * y; s.XX += w * x * x; s.XY += w * x * y; s.YY += w * y * y; s.WV += w / d
    def pooled(s, i):
        if s.W <= 0: return s.T / s.I, ENTRY_VAR / VAR
        mx, my = s.X / s.W, s.Y / s.W
        sxx, sxy = max(0.0, s.XX - s.X * mx), s.XY - s.X * my
        b = min(0.0, max(-1.0, (sxy + SLOPE * SLOPE_WEIGHT) / (sxx + SLOPE_WEIGHT)))
        off = min(REACH, max(-REACH, math.log(max(1, s.tot[i])) - mx))
        rss = max(0.0, max(0.0, s.YY - s.Y * my) - 2 * b * sxy + b * b * sxx)
        var = min(VAR_MAX, max(VAR_MIN, (rss - ENTRY_VAR * s.WV + VAR_WEIGHT * VAR) / (s.W + VAR_WEIGHT)))
        return math.exp(my + b * off), ENTRY_VAR / var
    def estimate(s, i):
        sb = s.sbar(); length = (SESSION_WEIGHT + s.att[i] / sb) / (SESSION_WEIGHT + s.m[i])
        tau, a = s.pooled(i); entry = (a * tau * length + s.A[i]) / (a + s.hw[i])
        return max(1, s.tot[i] - s.rep[i]) * entry + LAST_SESSION * sb * length
    def bin(s, size):
        x = size * s.unit / (1 / 16)
        if x < 1: return 0
        m, e = math.frexp(x); return min(127, (e - 1) * 4 + int((m * 2 - 1) * 4))
    def put(s, size, sign):
        b = s.bin(size); s.counts[b] += sign; s.sums[b] += sign * size; s.n += sign
    def obs(s, i, ses, done):
        dur, _, _, _, rd, rt, crash = ses; first = s.m[i] == 0
        s.m[i] += 1; s.att[i] += dur
        if not crash: s.S += dur; s.M += 1
        gained = max(0, rd - s.hw[i]); left = rt - rd
        s.pool(i, -1)
        if not (first and gained == 0):
            w = dur * (FIRST if first else 1.0); s.A[i] += w; s.T += w; s.I += gained
        was = s.c[i] >= STUCK_AFTER
        s.hw[i] += gained; s.rep[i] = rd; s.tot[i] = rt
        if left < s.lw[i]: s.lw[i] = left; s.lw_s[i] = s.N[i] = 0.0
        else:
            s.lw_s[i] += dur
            if gained > 0: s.N[i] += dur
        if gained > 0: s.c[i] = 0
        elif not first or crash: s.c[i] += 1
        s.stuck += (s.c[i] >= STUCK_AFTER) - was
        if s.c[i] < STUCK_AFTER and not first: s.live += 1
        s.pool(i, 1)
        s.R[i] = 0.0 if done else s.estimate(i)
        if not first: s.put(s.size[i], -1)
        s.size[i] = s.att[i] + s.R[i]; s.put(s.size[i], 1); s.changes += 1
        if s.changes >= s.next: s.next = max(s.changes + 1, int(s.changes * 1.1)); s.refresh()
    def refresh(s):
        sb = s.sbar(); least = INF; total = 0.0; k = 0
        for c, v in zip(s.counts, s.sums):
            if c > 0: k += c; total += v; least = min(least, ((s.n - k) * sb + total) / k)
        s.mean = total / s.n; s.r0 = least * (1 + MARGIN / (s.n + MARGIN))

class Pooled(S.PACE):
    def __init__(s, mu=0.5, lam=1 / 32, crit=CRIT, unit=60.0, **k):
        s.unit = unit; super().__init__(mu=mu, lam=lam, crit=crit, **k)
    def init(s, e):
        super().init(e); s.est = Est(e.n, s.unit)
    def arrive(s, i, now):
        g = s.g(i); v = s.vps[g]; s.vps[g] = CLOCK * v; super().arrive(i, now); s.vps[g] = v
    def finish(s, i, now, ses, done, ended):
        kill = super().finish(i, now, ses, done, ended)
        if not ended: s.setR(i, s.g(i), s.est.rem(i) if s.est.c[i] < STUCK_AFTER else 0.0)
        return kill
    def enqueue(s, i, now):
        super().enqueue(i, now)
        # Whatever its cap, until it seems stuck for good; sim.PACE's own entry, if any, is the same.
        if s.est.m[i] > 0 and s.est.c[i] < STUCK_AFTER: heapq.heappush(s.Hl[s.g(i)], (-s.est.rem(i), s.seq, i, s.ver[i]))
    def rankval(s, i):
        e = s.est
        if e.m[i] == 0: return s.hv[i] if s.hint is not None else e.unseen()
        r = e.R[i]
        if e.N[i] > 0: r *= math.exp2(min(40.0, e.N[i] / max(1 / s.unit, r))) if hasattr(math, "exp2") else 2.0 ** min(40.0, e.N[i] / max(1 / s.unit, r))
        if e.c[i] > 0:
            r += LOST * e.sbar() * (e.stuck / e.live * (IDLE ** -e.c[i] - 1) / (1 - IDLE))
        r = max(r, STAGNATION * e.lw_s[i])
        if s.Dn[i] > 0:
            r0, d = e.unseen(), s.Dn[i]
            if r0 < r: r = (r + d * r0) / (1 + d)
        return r
S.POL["Pooled"] = Pooled
S.POL["Pooled+dag"] = lambda: Pooled(dagw=1)
