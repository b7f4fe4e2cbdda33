import CYaml

/// Finds tags that give a value a type that no manifest holds.
///
/// The reader takes values as they are written, so `!!binary` data would be read as the text it is.
enum RefusedTags {
    /// Allowed tags: those of YAML's core schema, and that of merge keys.
    private static let known: Set<String> = [
        "!", "str", "int", "float", "bool", "null", "map", "seq", "merge",
    ]

    /// Returns the tags that are not allowed, as written, with their positions.
    static func find(in yaml: String) -> [(name: String, place: ManifestText.Place)] {
        guard yaml.utf8.contains(UInt8(ascii: "!")) else { return [] }
        let prefix = "tag:yaml.org,2002:"
        var found: [(name: String, place: ManifestText.Place)] = []
        YAMLEvents.forEach(in: yaml) { event in
            guard let tag = YAMLEvents.text(tag(of: event)) else { return true }
            let own = tag.hasPrefix(prefix) ? String(tag.dropFirst(prefix.count)) : nil
            if !known.contains(own ?? tag) {
                found.append((own.map { "!!\($0)" } ?? tag, event.place))
            }
            return true
        }
        return found
    }

    private static func tag(of event: yaml_event_t) -> UnsafeMutablePointer<yaml_char_t>? {
        switch event.type {
        case YAML_SCALAR_EVENT: event.data.scalar.tag
        case YAML_SEQUENCE_START_EVENT: event.data.sequence_start.tag
        case YAML_MAPPING_START_EVENT: event.data.mapping_start.tag
        default: nil
        }
    }
}
