import CYaml

/// What the keys of a manifest's mappings stand for through aliases.
///
/// Yams compares the keys of each mapping and follows their aliases for that, each as often as it is
/// named: ten lines in which every key names the one before ten times are ten thousand million
/// values. So their number is bounded before Yams reads the text, on libyaml's events, which Yams
/// itself is made of.
struct AliasedKeys {
    /// The values that keys may stand for through aliases, in all.
    static let limit = 100_000

    /// A collection that has begun.
    private struct Collection {
        var anchor: String?
        var isMapping: Bool
        /// The values in it, itself included, aliases followed.
        var size = 1
        /// Those of `size` that aliases brought.
        var aliased = 0
        /// The nodes in it.
        var children = 0
    }

    private var open: [Collection] = []
    private var anchors: [String: Int] = [:]
    private var inKeys = 0

    /// The place of the key with which a text has too many such values; `nil` where it has not, or is
    /// not YAML.
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

    /// Counts a node that is whole for what it stands in.
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
