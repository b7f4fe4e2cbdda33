import Orchestration
import Simulation
import Testing

@Test func `a workload's plan holds equal terms of tasks once`() {
    let plan = WorkloadName.adversary.draw(seed: 1, tasks: 500, slots: 8).plan()
    var sharing = Sharing<TaskTerms>()
    let left = plan.tasks.compactMap { $0.sharingTerms(&sharing) }
    #expect(left.isEmpty)
    #expect(plan.tasks.count == 500)
}
