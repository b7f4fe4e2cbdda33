import EventLoop
import Orchestration

/// A look at the manifest's file now and then while the run runs: new tasks are offered once for each edit.
final class ManifestWatch {
    /// The time between two looks, which cost a system call.
    private static let interval = Duration.seconds(3)

    private let loop: any DriverLoop
    private let growth: RunGrowth
    private let offer: ([String], String) -> Void
    private var timer: (any DriverTimer)?
    private var seen: String?
    private var offered: [String] = []

    /// Begins to look; `offer` gets the names of new tasks, and the manifest's path.
    init(
        loop: any DriverLoop,
        growth: RunGrowth,
        offer: @escaping ([String], String) -> Void
    ) throws {
        (self.loop, self.growth, self.offer) = (loop, growth, offer)
        timer = try loop.timer { [unowned self] in look() }
    }

    /// Notes the file as it is, and looks again from time to time.
    func begin() {
        loop.perform { [growth] in
            growth.stamp()
        } then: { [weak self] stamp in
            self?.seen = stamp
            self?.wait()
        }
    }

    /// Stops looking.
    func close() {
        timer?.close()
        timer = nil
    }

    private func wait() { timer?.set(loop.now + Self.interval) }

    private func look() {
        loop.perform { [growth, seen] in
            let stamp = growth.stamp()
            // A file that is being written is read when it has come to rest.
            guard stamp != seen, stamp != nil, stamp == growth.stamp() else {
                return (seen, [String]?.none)
            }
            return (stamp, growth.news())
        } then: { [weak self] stamp, news in
            self?.apply(stamp, news)
        }
    }

    private func apply(_ stamp: String?, _ news: [String]?) {
        seen = stamp
        if let news, !news.isEmpty, news != offered {
            offered = news
            offer(news, growth.path)
        }
        wait()
    }
}
