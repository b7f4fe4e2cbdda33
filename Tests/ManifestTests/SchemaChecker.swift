import Foundation
import Yams

/// Checks a document against a JSON Schema, as far as the published one goes: a keyword it does not
/// know is an error, so that nothing in the schema goes unchecked.
struct SchemaChecker {
    private let root: [String: Any]
    private let definitions: [String: Any]

    init(_ text: String) throws {
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
        root = object as? [String: Any] ?? [:]
        definitions = root["$defs"] as? [String: Any] ?? [:]
    }

    /// Everything in which a YAML document breaks the schema.
    func errors(in yaml: String) throws -> [String] {
        guard let node = try Yams.compose(yaml: yaml) else { return ["there is no document"] }
        return check(node, root, "")
    }

    /// The names under `properties` of a definition; of the whole for `nil`.
    func properties(of definition: String?) -> Set<String> {
        let schema = definition.map { definitions[$0] as? [String: Any] ?? [:] } ?? root
        return Set((schema["properties"] as? [String: Any] ?? [:]).keys)
    }

    /// The names that a definition, or a property of it, has where it is an object.
    func properties(of definition: String, _ property: String) -> Set<String> {
        Set(
            branches(definition, property).flatMap {
                ($0["properties"] as? [String: Any] ?? [:]).keys
            }
        )
    }

    /// The words that a property of a definition may be.
    func words(of definition: String, _ property: String) -> Set<String> {
        Set(branches(definition, property).flatMap { $0["enum"] as? [String] ?? [] })
    }

    /// All forms of a property; one that only names a definition has those of the definition.
    private func branches(_ definition: String, _ property: String) -> [[String: Any]] {
        let schema = definitions[definition] as? [String: Any]
        var inner = (schema?["properties"] as? [String: Any])?[property] as? [String: Any] ?? [:]
        if let name = (inner["$ref"] as? String)?.replacing("#/$defs/", with: "") {
            inner = definitions[name] as? [String: Any] ?? [:]
        }
        return (inner["anyOf"] as? [[String: Any]] ?? []) + [inner]
    }

    private func check(_ node: Node, _ schema: [String: Any], _ place: String) -> [String] {
        schema.flatMap { check(node, $0.key, $0.value, schema, place) }
    }

    private func check(
        _ node: Node,
        _ keyword: String,
        _ value: Any,
        _ schema: [String: Any],
        _ place: String
    ) -> [String] {
        func refuse(_ isRight: Bool) -> [String] {
            isRight ? [] : ["\(place): \(keyword) \(value)"]
        }
        func matches(_ branch: [String: Any]) -> Bool { check(node, branch, place).isEmpty }
        switch keyword {
        case "$schema", "title", "description", "$defs", "properties", "patternProperties":
            return []
        case "$ref":
            let name = (value as? String ?? "").replacing("#/$defs/", with: "")
            guard let target = definitions[name] as? [String: Any] else {
                return ["the schema has no \(value)"]
            }
            return check(node, target, place)
        case "type":
            let types = value as? [String] ?? [value as? String ?? ""]
            return refuse(types.contains { node.has(type: $0) })
        case "enum":
            return refuse((value as? [Any] ?? []).contains { node.equals($0) })
        case "const": return refuse(node.equals(value))
        case "anyOf": return refuse((value as? [[String: Any]] ?? []).contains(where: matches))
        case "oneOf":
            return refuse((value as? [[String: Any]] ?? []).filter(matches).count == 1)
        case "required":
            guard let mapping = node.mapping else { return [] }
            return refuse((value as? [String] ?? []).allSatisfy { mapping[Node($0)] != nil })
        case "additionalProperties", "propertyNames":
            return checkMembers(node, keyword, value, schema, place)
        case "items":
            return (node.sequence ?? []).enumerated().flatMap {
                check($1, value as? [String: Any] ?? [:], "\(place)/\($0)")
            }
        case "minItems": return refuse(node.sequence.map { $0.count >= value as? Int ?? 0 } ?? true)
        case "minLength":
            return refuse(node.scalar.map { $0.string.count >= value as? Int ?? 0 } ?? true)
        case "pattern":
            guard let text = node.scalar?.string else { return [] }
            return refuse(text.range(of: "\(value)", options: .regularExpression) != nil)
        case "minimum": return refuse(node.number.map { $0 >= number(value) } ?? true)
        case "maximum": return refuse(node.number.map { $0 <= number(value) } ?? true)
        case "exclusiveMinimum": return refuse(node.number.map { $0 > number(value) } ?? true)
        default: return ["the checker does not know \(keyword)"]
        }
    }

    private func checkMembers(
        _ node: Node,
        _ keyword: String,
        _ value: Any,
        _ schema: [String: Any],
        _ place: String
    ) -> [String] {
        guard let mapping = node.mapping else { return [] }
        let known = schema["properties"] as? [String: [String: Any]] ?? [:]
        return mapping.flatMap { key, member -> [String] in
            let name = key.scalar?.string ?? ""
            let inner = "\(place)/\(name)"
            if keyword == "propertyNames" {
                return check(key, value as? [String: Any] ?? [:], inner)
            }
            if let own = known[name] { return check(member, own, inner) }
            for (pattern, own) in schema["patternProperties"] as? [String: [String: Any]] ?? [:]
            where name.range(of: pattern, options: .regularExpression) != nil {
                return check(member, own, inner)
            }
            if let others = value as? [String: Any] { return check(member, others, inner) }
            return value as? Bool == false ? ["\(inner): no such key"] : []
        }
    }

    private func number(_ value: Any) -> Double { (value as? NSNumber)?.doubleValue ?? .nan }
}

extension Node {
    fileprivate var number: Double? {
        tag == Tag(.int) || tag == Tag(.float) ? scalar.flatMap { Double($0.string) } : nil
    }

    fileprivate func has(type: String) -> Bool {
        switch type {
        case "object": mapping != nil
        case "array": sequence != nil
        case "string": tag == Tag(.str)
        case "integer": tag == Tag(.int)
        case "number": number != nil
        case "boolean": tag == Tag(.bool)
        case "null": tag == Tag(.null)
        default: false
        }
    }

    fileprivate func equals(_ value: Any) -> Bool {
        if let text = value as? String { return has(type: "string") && scalar?.string == text }
        return (value as? NSNumber).map { number == $0.doubleValue } ?? false
    }
}
