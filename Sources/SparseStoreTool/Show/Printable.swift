/// Makes text of a document safe for a terminal. Documents are untrusted, so escape sequences must not reach the
/// terminal.
enum Printable {
    /// Returns the first `limit` characters of `bytes` as one line. Runs of white space become one space, and
    /// unprintable characters become dots.
    static func line(_ bytes: [UInt8], limit: Int) -> String {
        // A character can have any number of bytes, so the number of bytes is bounded as well.
        let text = String(decoding: bytes.prefix(limit.multipliedReportingOverflow(by: 16).partialValue), as: UTF8.self)
        var line = ""
        var pendingSpace = false
        var count = 0
        for character in text {
            if character.isWhitespace {
                pendingSpace = !line.isEmpty
                continue
            }
            if count + (pendingSpace ? 1 : 0) >= limit { return line + "..." }
            if pendingSpace {
                line += " "
                count += 1
            }
            pendingSpace = false
            line.append(isPrintable(character) ? character : ".")
            count += 1
        }
        return line
    }

    /// Returns the text of `bytes` with its line breaks. Unprintable characters become dots.
    static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self).map { character in
            character == "\n" || character == "\t" || isPrintable(character) ? String(character) : "."
        }.joined()
    }

    /// Breaks `text` at spaces into lines of at most `width` characters, each preceded by `indent`.
    static func wrap(_ text: String, width: Int, indent: String) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent.count + line.count + 1 + word.count > width {
                lines.append(indent + line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        if !line.isEmpty { lines.append(indent + line) }
        return lines.joined(separator: "\n")
    }

    private static func isPrintable(_ character: Character) -> Bool {
        character.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }
}
