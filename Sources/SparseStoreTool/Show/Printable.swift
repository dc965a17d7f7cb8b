/// Text of a document made fit for a terminal: documents come from anywhere, and escape sequences must not reach it.
enum Printable {
    /// The first `limit` characters of `bytes` in one line; white space becomes one space, what is not printable a dot.
    static func line(_ bytes: [UInt8], limit: Int) -> String {
        // A character may be long, but not without end: the bytes looked at are bounded as well.
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

    /// The text of `bytes` with its lines kept.
    static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self).map { character in
            character == "\n" || character == "\t" || isPrintable(character) ? String(character) : "."
        }.joined()
    }

    /// `text` broken at spaces into lines of at most `width` characters, each behind `indent`.
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
