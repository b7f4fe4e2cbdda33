package import Agent
import CodexEvents
import Foundation
import Orchestration

// The limits of an account, which a short-lived app server tells.
extension Codex {
    /// The number of the request for the limits.
    private static let request = 2
    private static let talk = """
        {"id":1,"method":"initialize","params":{"clientInfo":{"name":"quire","version":"1"}}}
        {"method":"initialized"}
        {"id":\(request),"method":"account/rateLimits/read"}

        """

    package var limitQuestion: LimitQuestion? {
        LimitQuestion(
            arguments: ["app-server"],
            input: Self.talk,
            isAsked: { home in FileManager.default.fileExists(atPath: home + "/auth.json") },
            answer: { output, now in
                ToldLimit.answer(in: output, id: Self.request, at: now).map { limits in
                    // A limit of one model has the model's name, as people read it.
                    limits.map { limit in
                        let model = limit.name?.lowercased()
                        return LimitRead(limit: limit.name, model: model, windows: limit.windows)
                    }
                }
            }
        )
    }
}
