import CLibuv

/// The system's libuv.
package enum Libuv {
    /// The version that is loaded: `1.44.2`.
    package static var version: String { unsafe String(cString: uv_version_string()) }
}
