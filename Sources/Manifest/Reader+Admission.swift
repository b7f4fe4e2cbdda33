import Orchestration
import Yams

// The machine's resources that starts require.
extension Reader {
    /// Reads the floors below which starts are held; a missing one gets its default.
    func admission(_ node: Node?) -> AdmissionPlan {
        let members = members(node, "\"admission\"", keys: Keys.admission)
        let load = load(members["max_load"])
        return AdmissionPlan(
            minFreeMemory: floor(members["min_free_memory"], "\"min_free_memory\""),
            maxLoad: load == 0 ? nil : load,
            minFreeDisk: floor(members["min_free_disk"], "\"min_free_disk\"")
        )
    }

    private func floor(_ node: Node?, _ place: String) -> Int64? {
        bytes(node, place, orElse: ", or 0 for no such check,")
    }

    private func load(_ node: Node?) -> Double? {
        guard let node else { return nil }
        guard let value = node.string.flatMap(Double.init), (0...1e6).contains(value) else {
            if isTooLarge(node, "\"max_load\"", most: 1e6, in: "1000000") { return nil }
            fail(
                node,
                "expected a number such as 16, or 0 for no such check, for \"max_load\", found "
                    + "\(node.kind)"
            )
            return nil
        }
        return value
    }
}
