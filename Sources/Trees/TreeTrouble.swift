package import FileAccess

/// A reason why a task can't work in its tree now.
package struct TreeTrouble: Error, Hashable, Sendable, CustomStringConvertible {
    /// The remedy of a trouble.
    package enum Remedy: Hashable, Sendable {
        /// Waiting: a full disk, or another git at work.
        case time
        /// A person: nothing was touched.
        case person
        /// Another try, perhaps: the command that sets the tree up failed.
        case setup
        /// Another try, perhaps: the hook before the session failed.
        case hook
        /// None: the work of two needs does not fit together.
        case otherNeeds
    }

    /// The trouble, its place, and what to do.
    package let description: String
    /// The remedy.
    package let remedy: Remedy

    /// Makes a trouble that a person must mend, unless said otherwise.
    package init(_ words: String, remedy: Remedy = .person) {
        (description, self.remedy) = (words, remedy)
    }

    init(_ error: GitError) {
        self.init(error.description, remedy: error.mayPass ? .time : .person)
    }

    package init(_ error: FileError) {
        self.init(error.description, remedy: error.isOfTheDisk ? .time : .person)
    }
}

/// Calls a function, and turns its errors into a `TreeTrouble`.
func inTrouble<Value>(_ body: () throws -> Value) throws(TreeTrouble) -> Value {
    do {
        return try body()
    } catch let error as TreeTrouble {
        throw error
    } catch let error as GitError {
        throw TreeTrouble(error)
    } catch let error as FileError {
        throw TreeTrouble(error)
    } catch {
        throw TreeTrouble("\(error)")
    }
}
