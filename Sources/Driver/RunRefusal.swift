/// The refusal of a run that could not begin.
package struct RunRefusal: Hashable, Sendable {
    /// The reasons: for each one line with the problem, its location, and what to do.
    package var reasons: [String]
}
