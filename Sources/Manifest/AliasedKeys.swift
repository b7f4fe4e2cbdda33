import CYaml

/// Counts the values that a manifest's keys stand for through aliases.
///
/// Yams compares the keys of each mapping and follows each alias in them, as often as it occurs: ten
/// lines in which every key names the one before ten times expand to ten thousand million values. So
/// their number is bounded before Yams parses the text, on the events of libyaml, on which Yams is
/// built.
struct AliasedKeys {
    /// Most values that all keys together may stand for through aliases.
    static let limit = 100_000

    /// A collection that is still open.
    private struct Collection {
        var anchor: String?
        var isMapping: Bool
        /// Values in the collection, itself included, with aliases followed.
        var size = 1
        /// Part of `size` that comes from aliases.
        var aliased = 0
        /// Number of nodes in the collection.
        var children = 0
    }

    private var open: [Collection] = []
    private var anchors: [String: Int] = [:]
    private var inKeys = 0

    /// Returns the position of the key that exceeds the limit; `nil` for none, or if the text is not
    /// YAML.
    static func excess(in yaml: String) -> ManifestText.Place? {
        let signs = (UInt8(ascii: "&"), UInt8(ascii: "*"))
        guard yaml.utf8.contains(signs.0), yaml.utf8.contains(signs.1) else { return nil }
        var keys = AliasedKeys()
        var place: ManifestText.Place?
        YAMLEvents.forEach(in: yaml) { event in
            keys.take(event)
            if keys.inKeys > limit { place = event.place }
            return place == nil
        }
        return place
    }

    private mutating func take(_ event: yaml_event_t) {
        switch event.type {
        case YAML_ALIAS_EVENT:
            let size = YAMLEvents.text(event.data.alias.anchor).flatMap { anchors[$0] } ?? 1
            add(size: size, aliased: size)
        case YAML_SCALAR_EVENT:
            if let anchor = YAMLEvents.text(event.data.scalar.anchor) { anchors[anchor] = 1 }
            add(size: 1, aliased: 0)
        case YAML_SEQUENCE_START_EVENT:
            let anchor = YAMLEvents.text(event.data.sequence_start.anchor)
            open.append(Collection(anchor: anchor, isMapping: false))
        case YAML_MAPPING_START_EVENT:
            let anchor = YAMLEvents.text(event.data.mapping_start.anchor)
            open.append(Collection(anchor: anchor, isMapping: true))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            guard let ended = open.popLast() else { return }
            if let anchor = ended.anchor { anchors[anchor] = ended.size }
            add(size: ended.size, aliased: ended.aliased)
        default: break
        }
    }

    /// Adds a complete node to the collection that contains it.
    private mutating func add(size: Int, aliased: Int) {
        guard let last = open.indices.last else { return }
        open[last].size = Self.sum(open[last].size, size)
        open[last].aliased = Self.sum(open[last].aliased, aliased)
        open[last].children += 1
        let isKey = open[last].isMapping && !open[last].children.isMultiple(of: 2)
        if isKey { inKeys = Self.sum(inKeys, aliased) }
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
