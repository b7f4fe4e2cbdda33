/// The limits of an agent's access.
package enum Sandbox: String, Hashable, Sendable, CaseIterable {
    /// The working directory, the task directory and temporary files; no network.
    case workspaceWrite = "workspace-write"
    /// Everything, the network included.
    case dangerFullAccess = "danger-full-access"
}
