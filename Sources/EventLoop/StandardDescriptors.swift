import CSpawn
import Glibc

/// Standard input, output and error.
package enum StandardDescriptors {
    /// Opens the ones that this process was started without on a file that can be neither read nor
    /// written, so that any use fails with an error.
    ///
    /// To be called before anything else opens a file: the system gives the smallest free number
    /// away, and what is written to standard output would land in that file.
    package static func fill() throws(LoopError) {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The smaller ones are open, so it gets this number. Not close-on-exec, like any of
            // the three.
            guard cspawn_unusable_descriptor() == descriptor else {
                throw LoopError("filling descriptor \(descriptor)", errno)
            }
        }
    }
}
