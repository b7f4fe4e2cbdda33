import Glibc

/// The limit on this user's processes, which threads count as.
package enum ThreadLimit {
    /// Throws if `count` more threads can't be created now.
    ///
    /// Neither libuv nor the queues of the system survive that later on. Makes the threads and ends
    /// them again.
    package static func check(_ count: Int) throws(LoopError) {
        let gate = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        unsafe sem_init(gate, 0, 0)
        var threads: [pthread_t] = []
        var failure: Int32 = 0
        while failure == 0, threads.count < count {
            var thread = pthread_t()
            failure = unsafe pthread_create(
                &thread,
                nil,
                { gate in
                    if let gate = unsafe gate {
                        unsafe sem_wait(gate.assumingMemoryBound(to: sem_t.self))
                    }
                    return nil
                },
                gate
            )
            if failure == 0 { threads.append(thread) }
        }
        for _ in threads { unsafe sem_post(gate) }
        for thread in threads { pthread_join(thread, nil) }
        unsafe sem_destroy(gate)
        unsafe gate.deallocate()
        if failure != 0 { throw LoopError("starting a thread", failure) }
    }
}
