package import Orchestration

/// The question to an agent's program for the limits of an account, in numbers.
///
/// The program is given the input, is kept waiting for more, and is ended once it has answered.
package struct LimitQuestion: Sendable {
    /// The arguments.
    package var arguments: [String]
    /// The input, in lines.
    package var input: String
    /// Returns true if an account, named by its home directory, can answer: it has a login.
    package var isAsked: @Sendable (_ account: String) -> Bool
    /// Returns the limits in the output so far; `nil` while the answer is missing.
    package var answer: @Sendable (_ output: [UInt8], _ now: WallTime) -> [LimitRead]?

    /// Makes a question; see the properties.
    package init(
        arguments: [String],
        input: String,
        isAsked: @escaping @Sendable (String) -> Bool,
        answer: @escaping @Sendable ([UInt8], WallTime) -> [LimitRead]?
    ) {
        (self.arguments, self.input) = (arguments, input)
        (self.isAsked, self.answer) = (isAsked, answer)
    }
}
