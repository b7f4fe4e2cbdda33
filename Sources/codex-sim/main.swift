print("codex-sim")
