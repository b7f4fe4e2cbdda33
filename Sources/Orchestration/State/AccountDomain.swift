/// An account, and a model that may have a limit of its own.
package struct AccountDomain: Hashable, Sendable {
    /// The account; `nil` for the run's own.
    package var account: String?
    /// The model; `nil` for tasks that name none.
    package var model: String?

    /// Names an account and a model.
    package init(_ account: String?, _ model: String? = nil) {
        (self.account, self.model) = (account, model)
    }

    /// True if a closed gate holds sessions of the account with the model.
    func isHeld(by closed: GateClosed) -> Bool {
        guard closed.gate.isOfAccount else { return true }
        return closed.account == account && (closed.limit == nil || closed.model == model)
    }
}
