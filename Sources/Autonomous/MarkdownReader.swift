/// Where in a Markdown text the reading stands: which lines show what they say.
///
/// It follows CommonMark as far as an entry, which begins at the start of a line, can be hidden by
/// what stands around it: fenced code and comments that are not inside a list item. Where that is
/// in doubt the line counts, and what was opened and not closed is told as damage.
struct MarkdownReader {
    /// What a line is to the list.
    enum Kind {
        /// Code, a comment, a heading, a blank line, or outside of the section `## Tasks`.
        case other
        /// A line of the section; `isNested` for the inside of a list item.
        case shown(isNested: Bool)
    }

    /// What hides the lines that follow.
    private enum Cover {
        case fence(FenceMark)
        case comment

        var name: String {
            switch self {
            case .fence: "fence"
            case .comment: "comment \"<!--\""
            }
        }
    }

    /// A cover, and the line on which it began.
    private struct Opened {
        var cover: Cover
        var line: Int
        /// Whether it began in the section of the entries, or before any.
        var isRelevant: Bool
    }

    /// The number of the line that was read last, from 1.
    private(set) var number = 0
    private var isInTasks = false
    private var hadTasks = false
    /// A fence or comment that is in no list item.
    private var outer: Opened?
    /// One that is in the open list item, which ends with it.
    private var inner: Opened?
    private var html: RawHTML?
    /// Where the contents of the open list item begin; `nil` while none is open.
    private var item: Int?
    private var wasBlank = false

    /// Reads the next line.
    ///
    /// - Throws: `Damage` where something was opened and can't have been closed.
    mutating func read(_ line: Line) throws(Checklist.Damage) -> Kind {
        number += 1
        defer { wasBlank = line.isBlank }
        let (indentation, text) = line.indented()
        if outer != nil {
            continueOuter(text, indentation)
            return .other
        }
        if text.isEmpty {
            if html?.end == nil { html = nil }
            return .other
        }
        if let item, indentation >= item {
            readNested(text)
            return isInTasks ? .shown(isNested: true) : .other
        }
        if let opened = inner {
            if opened.isRelevant { throw unclosed(opened) }
            inner = nil
        }
        if let open = html {
            try checkHTML(text)
            if open.ends(with: text) { html = nil }
            return shown(text, mayLeave: false)
        }
        return readTop(text, indentation)
    }

    /// Tells what is still open at the text's end.
    func finish() throws(Checklist.Damage) {
        for case let opened? in [outer, inner] where opened.isRelevant { throw unclosed(opened) }
    }

    private mutating func continueOuter(_ text: Line, _ indentation: Int) {
        guard let opened = outer else { return }
        switch opened.cover {
        case .fence(let open):
            if indentation < 4, FenceMark(text)?.closes(open) == true { return outer = nil }
        case .comment:
            if text.contains("-->") { return outer = nil }
        }
        // An entry below the section's end that is never shown is one that may have been meant.
        if indentation < 4, BoxedItem(text) != nil { outer?.isRelevant = true }
    }

    private mutating func readNested(_ text: Line) {
        guard let opened = inner else { return openNested(text) }
        switch opened.cover {
        case .fence(let open): if FenceMark(text)?.closes(open) == true { inner = nil }
        case .comment: if text.contains("-->") { inner = nil }
        }
    }

    private mutating func openNested(_ text: Line) {
        var contents = text
        // Items may begin on the line of the item that they are in.
        while let marker = ListMarker(contents, indentation: 0) { contents = marker.contents }
        inner = cover(contents).map(opened)
    }

    private mutating func readTop(_ text: Line, _ indentation: Int) -> Kind {
        // Indented code, or a paragraph's next line.
        if indentation >= 4 {
            if wasBlank { item = nil }
            return isInTasks ? .shown(isNested: true) : .other
        }
        if let cover = cover(text) {
            (outer, item) = (opened(cover), nil)
            return .other
        }
        // A comment that is all on one line.
        if text.starts(with: "<!--".utf8) {
            item = nil
            return .other
        }
        if let raw = RawHTML(text) { (html, item) = (raw, nil) }
        if let marker = ListMarker(text, indentation: indentation), !text.isThematicBreak {
            item = marker.offset
            openNested(marker.contents)
        } else if wasBlank || text.endsParagraph {
            item = nil
        }
        return shown(text, mayLeave: true)
    }

    private func checkHTML(_ text: Line) throws(Checklist.Damage) {
        guard let cover = cover(text) else { return }
        throw Checklist.Damage(
            description: "line \(number): a \(cover.name) stands in HTML, where it hides nothing; "
                + "put an empty line before it"
        )
    }

    private mutating func shown(_ text: Line, mayLeave: Bool) -> Kind {
        if let heading = text.secondLevelHeading {
            let isTasks = heading.elementsEqual("Tasks".utf8)
            if isTasks || mayLeave { isInTasks = isTasks }
            hadTasks = hadTasks || isTasks
            return .other
        }
        return isInTasks ? .shown(isNested: false) : .other
    }

    private func opened(_ cover: Cover) -> Opened {
        Opened(cover: cover, line: number, isRelevant: isInTasks || !hadTasks)
    }

    /// What a line opens that goes on behind it.
    private func cover(_ text: Line) -> Cover? {
        if let fence = FenceMark(text) { return .fence(fence) }
        return text.starts(with: "<!--".utf8) && !text.contains("-->") ? .comment : nil
    }

    private func unclosed(_ opened: Opened) -> Checklist.Damage {
        Checklist.Damage(
            description: "line \(opened.line): the \(opened.cover.name) that begins here is never "
                + "closed, so what follows can't be told from it; close it"
        )
    }
}

extension Line {
    /// The text of a heading `## …`; `nil` for any other line.
    fileprivate var secondLevelHeading: Line? {
        guard starts(with: "##".utf8), dropFirst(2).first?.isBlank == true else { return nil }
        var text = dropFirst(3).trimmed
        // Number signs may close it.
        let marks = text.reversed().prefix { $0 == UInt8(ascii: "#") }.count
        if marks > 0, text.count == marks || text.dropLast(marks).last?.isBlank == true {
            text = text.dropLast(marks).trimmed
        }
        return text
    }

    /// Whether the line is a rule such as `---` or `* * *`.
    fileprivate var isThematicBreak: Bool {
        guard let mark = first, "-*_".utf8.contains(mark) else { return false }
        return allSatisfy { $0 == mark || $0.isBlank } && count(where: { $0 == mark }) >= 3
    }

    /// Whether no paragraph goes on in the line: a rule, a heading, a quote, or HTML.
    fileprivate var endsParagraph: Bool {
        isThematicBreak || isHeading || first == UInt8(ascii: ">") || RawHTML(self) != nil
    }

    private var isHeading: Bool {
        let marks = prefix { $0 == UInt8(ascii: "#") }.count
        return (1...6).contains(marks) && dropFirst(marks).first?.isBlank ?? true
    }
}
