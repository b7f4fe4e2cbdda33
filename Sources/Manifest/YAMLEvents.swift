import CYaml

/// A text's events as libyaml reads them, before Yams makes values of them.
enum YAMLEvents {
    /// Calls `body` with each event until it returns false, or the text ends or is not YAML, which is
    /// left for Yams to report.
    static func forEach(in yaml: String, _ body: (yaml_event_t) -> Bool) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else { return }
        defer { yaml_parser_delete(parser) }
        var yaml = yaml
        yaml.withUTF8 { text in
            yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(parser, text.baseAddress, text.count)
            var goesOn = true
            while goesOn {
                var event = yaml_event_t()
                guard yaml_parser_parse(parser, &event) == 1 else { return }
                defer { yaml_event_delete(&event) }
                goesOn = event.type != YAML_STREAM_END_EVENT && body(event)
            }
        }
    }

    /// Returns a string of libyaml's.
    static func text(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        text.map { String(decodingCString: $0, as: UTF8.self) }
    }
}

extension yaml_event_t {
    /// Position at which the event begins.
    var place: ManifestText.Place {
        ManifestText.Place(
            line: Int(clamping: start_mark.line) + 1,
            column: Int(clamping: start_mark.column) + 1
        )
    }
}
