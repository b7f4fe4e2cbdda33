import CLibuv

/// A libuv handle on the heap: one owner, freed in its close callback.
///
/// The handle's `data` points back to its owner, which the handle keeps alive until it is closed.
/// This file alone turns owners into raw pointers and back.
@safe final class Handle<Raw> {
    private let memory: UnsafeMutablePointer<Raw>
    private(set) var isClosed = false

    /// Makes a handle that belongs to `owner`; `initialize` is libuv's initializer.
    init(
        owner: AnyObject,
        doing: String,
        _ initialize: (UnsafeMutablePointer<Raw>) -> Int32
    ) throws(LoopError) {
        unsafe memory = .allocate(capacity: 1)
        let status = unsafe initialize(memory)
        guard status >= 0 else {
            unsafe memory.deallocate()
            throw LoopError(doing, status)
        }
        unsafe base.pointee.data = Unmanaged.passRetained(owner).toOpaque()
    }

    /// The handle as its own type; not to be used after `close`.
    var raw: UnsafeMutablePointer<Raw> { unsafe memory }

    /// The handle as libuv's base type; not to be used after `close`.
    var base: UnsafeMutablePointer<uv_handle_t> {
        unsafe UnsafeMutableRawPointer(memory).assumingMemoryBound(to: uv_handle_t.self)
    }

    /// Lets the loop end while this handle is active.
    func unreference() {
        if !isClosed { unsafe uv_unref(base) }
    }

    /// Closes the handle, once; its owner is released when libuv lets go of it.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        unsafe uv_close(base) { raw in
            guard let raw = unsafe raw else { return }
            if let owner = unsafe raw.pointee.data {
                unsafe Unmanaged<AnyObject>.fromOpaque(owner).release()
            }
            unsafe UnsafeMutableRawPointer(raw).deallocate()
        }
    }
}

/// The owner that a handle's or a request's `data` points to.
func owner<Owner: AnyObject>(_ data: UnsafeMutableRawPointer?, as type: Owner.Type) -> Owner? {
    guard let data = unsafe data else { return nil }
    return unsafe unsafeDowncast(
        Unmanaged<AnyObject>.fromOpaque(data).takeUnretainedValue(),
        to: Owner.self
    )
}

/// A libuv request on the heap, from its submission to its callback.
enum Request {
    /// Submits work to libuv's pool; `job` keeps itself alive until it is done.
    static func queue(_ job: WorkJob, on loop: UnsafeMutablePointer<uv_loop_t>) throws(LoopError) {
        let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)
        unsafe request.pointee.data = Unmanaged.passRetained(job as AnyObject).toOpaque()
        let status = unsafe uv_queue_work(
            loop,
            request,
            { unsafe owner($0?.pointee.data, as: WorkJob.self)?.work() },
            { request, _ in
                guard let request = unsafe request, let data = unsafe request.pointee.data else {
                    return
                }
                let job = unsafe unsafeDowncast(
                    Unmanaged<AnyObject>.fromOpaque(data).takeRetainedValue(),
                    to: WorkJob.self
                )
                unsafe request.deallocate()
                job.finish()
            }
        )
        guard status < 0 else { return }
        unsafe Unmanaged<AnyObject>.fromOpaque(unsafe request.pointee.data).release()
        unsafe request.deallocate()
        throw LoopError("queueing work", status)
    }
}
