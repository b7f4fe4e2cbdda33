package import Orchestration

/// Words for a shard that has nothing to do.
package enum ShardWords {
    /// Returns `shard 5/8 has nothing to do: …`; `nil` for a shard with tasks, and for no shard.
    package static func empty(_ part: RunPart?, tasks: Int) -> String? {
        guard let part, tasks == 0 else { return nil }
        let reason =
            switch part.tasks {
            case 0: "no task is selected"
            case 1: "the only selected task is in another shard"
            default: "all \(Format.count(part.tasks, "task")) are in other shards"
            }
        return "shard \(part.shard) has nothing to do: \(reason)"
    }
}
