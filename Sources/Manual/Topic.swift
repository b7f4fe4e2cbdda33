private import CManual

/// A topic of the manual: a page of Markdown that is part of the program.
package struct Topic: Sendable {
    /// The name, as `quire help NAME` takes it.
    package let name: String
    /// The text, as it lies in `Sources/quire/Manual/NAME.md`.
    package let text: String

    /// All topics, in the manual's order.
    package static let all: [Topic] = (0..<cmanual_count()).map { place in
        let topic = unsafe cmanual_topic(place)
        let bytes = unsafe UnsafeBufferPointer(start: topic.text, count: topic.size)
        return unsafe Topic(
            name: String(cString: topic.name),
            text: String(decoding: bytes, as: UTF8.self)
        )
    }

    /// Returns the topic of this name; `nil` if there is none.
    package static func named(_ name: String) -> Topic? { all.first { $0.name == name } }

    /// The topic as blocks.
    package var page: [Block] { Markdown.blocks(of: text) }

    /// The topic's subject in a few words: the first paragraph's first sentence, without its full stop.
    package var summary: String {
        for case .paragraph(let text) in page {
            let sentence = text.firstRange(of: ". ").map { text[..<$0.lowerBound] } ?? text[...]
            return String(sentence.hasSuffix(".") ? sentence.dropLast() : sentence)
        }
        return ""
    }

    /// Returns the sections about a key of the manifest, such as `verify`, `run.budget` or `retries.limit`.
    ///
    /// A key is found by its own name or by its last parts: `budget` finds those of the run, of a group and of a
    /// task. One without a section of its own is found in that of the key that it belongs to. None is found for
    /// a name that no section has.
    package func sections(about key: String) -> [Block] {
        let found = sections { $0 == key || $0.hasSuffix("." + key) }
        if !found.isEmpty { return found }
        var parts = key.split(separator: ".", omittingEmptySubsequences: false)
        guard let last = parts.popLast(), !parts.isEmpty else { return [] }
        let around = sections(about: parts.joined(separator: "."))
        let isThere = around.contains { $0.mentions(String(last)) }
        return isThere ? around : []
    }

    /// Returns the sections whose headings are chosen, each up to the next heading.
    private func sections(where isChosen: (String) -> Bool) -> [Block] {
        var isInside = false
        return page.filter { block in
            if case .heading(_, let text) = block { isInside = isChosen(text) }
            return isInside
        }
    }

    /// The headings of the third level: the keys of the manifest, in the topic `manifest`.
    package var keys: [String] {
        page.compactMap {
            if case .heading(level: 3, let text) = $0 { text } else { nil }
        }
    }
}
