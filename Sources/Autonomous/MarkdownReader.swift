/// Reads Markdown line by line, and finds the lines that are visible as text.
///
/// Follows CommonMark as far as fenced code and comments outside of list items can hide an entry, which
/// begins at the start of a line. In doubt the line counts, and whatever was opened and not closed is
/// reported as damage.
struct MarkdownReader {
    /// The kind of a line, as seen by the checklist.
    enum Kind {
        /// Code, a comment, a heading, a blank line, or a line outside of the section `## Tasks`.
        case other
        /// A visible line of the section; `isNested` if it is inside a list item.
        case shown(isNested: Bool)
    }

    /// A construct that hides the lines after its first.
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

    /// An open cover, and the line on which it began.
    private struct Opened {
        var cover: Cover
        var line: Int
        /// True if it began in the section of the entries or before it, and so may hide entries.
        var isRelevant: Bool
    }

    /// Number of the last line read, from 1.
    private(set) var number = 0
    private var isInTasks = false
    private var hadTasks = false
    /// An open fence or comment outside of list items.
    private var outer: Opened?
    /// An open fence or comment in the open list item, with which it ends.
    private var inner: Opened?
    private var html: RawHTML?
    /// Column of the open list item's contents; `nil` while none is open.
    private var item: Int?
    private var wasBlank = false

    /// Reads the next line.
    ///
    /// - Throws: `Damage` if a cover was opened and can't have been closed.
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

    /// Throws `Damage` if a relevant cover is still open at the text's end.
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
        // A hidden entry after the section may have been meant as an entry of it.
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
        // Items may begin on the line of the item that contains them.
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
        // A comment on a single line.
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

    /// Returns the fence or comment that a line opens and does not close.
    private func cover(_ text: Line) -> Cover? {
        if let fence = FenceMark(text) { return .fence(fence) }
        return text.starts(with: "<!--".utf8) && !text.contains("-->") ? .comment : nil
    }

    private func unclosed(_ opened: Opened) -> Checklist.Damage {
        Checklist.Damage(
            description: "line \(opened.line): the \(opened.cover.name) that begins here is never "
                + "closed, so all that follows may belong to it; close it"
        )
    }
}

extension Line {
    /// The text of a heading `## …`; `nil` for other lines.
    fileprivate var secondLevelHeading: Line? {
        guard starts(with: "##".utf8), dropFirst(2).first?.isBlank == true else { return nil }
        var text = dropFirst(3).trimmed
        // Number signs may close the heading.
        let marks = text.reversed().prefix { $0 == UInt8(ascii: "#") }.count
        if marks > 0, text.count == marks || text.dropLast(marks).last?.isBlank == true {
            text = text.dropLast(marks).trimmed
        }
        return text
    }

    /// True for a rule such as `---` or `* * *`.
    fileprivate var isThematicBreak: Bool {
        guard let mark = first, "-*_".utf8.contains(mark) else { return false }
        return allSatisfy { $0 == mark || $0.isBlank } && count(where: { $0 == mark }) >= 3
    }

    /// True if the line ends a paragraph: a rule, a heading, a quote, or HTML.
    fileprivate var endsParagraph: Bool {
        isThematicBreak || isHeading || first == UInt8(ascii: ">") || RawHTML(self) != nil
    }

    private var isHeading: Bool {
        let marks = prefix { $0 == UInt8(ascii: "#") }.count
        return (1...6).contains(marks) && dropFirst(marks).first?.isBlank ?? true
    }
}
