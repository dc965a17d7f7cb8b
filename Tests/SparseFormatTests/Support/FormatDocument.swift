import Foundation

/// FORMAT.md and the vectors beside it, as the tests read them.
enum FormatDocument {
    /// A fenced block `hex NAME`: where the value stands, and its bytes.
    struct Example {
        let name: String
        let table: String
        let key: [UInt8]
        let value: [UInt8]
    }

    struct Malformed: Error {
        let what: String
    }

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text() throws -> String {
        try String(contentsOf: root.appendingPathComponent("FORMAT.md"), encoding: .utf8)
    }

    /// The lines of a file in Tests/Vectors, split at blanks, without remarks.
    static func vectors(_ name: String) throws -> [[String]] {
        let url = root.appendingPathComponent("Tests/Vectors").appendingPathComponent(name)
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }
            .map { $0.split(separator: " ").map(String.init) }
    }

    static func examples() throws -> [Example] {
        var examples: [Example] = []
        var block: (name: String, lines: [Substring])?
        for line in try text().split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```hex ") {
                block = (String(line.dropFirst(7)), [])
            } else if line == "```", let open = block {
                examples.append(try example(open.name, open.lines))
                block = nil
            } else {
                block?.lines.append(line)
            }
        }
        return examples
    }

    static func bytes(hex: some StringProtocol) throws -> [UInt8] {
        let digits = Array(hex.utf8)
        guard digits.count % 2 == 0 else { throw Malformed(what: String(hex)) }
        return try stride(from: 0, to: digits.count, by: 2).map {
            guard let byte = UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16) else {
                throw Malformed(what: String(hex))
            }
            return byte
        }
    }

    private static func example(_ name: String, _ lines: [Substring]) throws -> Example {
        // An object of a target has a name and no key.
        let isObject = lines.first?.hasPrefix("# object ") ?? false
        guard lines.count > 2, isObject || lines[0].hasPrefix("# table ") && lines[1].hasPrefix("# key ") else {
            throw Malformed(what: name)
        }
        let key = isObject ? [] : try lines[1].dropFirst(6).split(separator: " ").flatMap { try bytes(hex: $0) }
        var value: [UInt8] = []
        for line in lines.dropFirst(isObject ? 1 : 2) {
            for token in line.prefix(while: { $0 != "#" }).split(separator: " ") {
                let parts = token.split(separator: "*")
                let count = parts.count == 2 ? Int(parts[1]) : 1
                guard let count else { throw Malformed(what: String(token)) }
                value += try (0..<count).flatMap { _ in try bytes(hex: parts[0]) }
            }
        }
        return Example(name: name, table: String(lines[0].dropFirst(isObject ? 9 : 8)), key: key, value: value)
    }
}
