internal import Platform

/// Rows of text in columns.
struct TextTable {
    private var rows: [[String]] = []
    private let rightAligned: Set<Int>
    private let indent: String

    /// Creates a table whose columns with these indexes are right-aligned.
    init(rightAligned: Set<Int> = [], indent: String = "") {
        self.rightAligned = rightAligned
        self.indent = indent
    }

    mutating func add(_ cells: String...) { rows.append(cells) }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The table with one line per row, each ending with a line feed.
    var text: String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = indent
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                if column > 0 { line += "  " }
                line += rightAligned.contains(column) ? padding + cell : cell + (column + 1 < row.count ? padding : "")
            }
            return line + "\n"
        }.joined()
    }
}

/// Formats numbers for human readers.
enum Figures {
    /// Formats an integer with thousands separators: 1234567 becomes 1,234,567.
    static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// Formats a number of bytes in a suitable unit.
    static func bytes(_ number: Int) -> String {
        var value = Double(number)
        for unit in ["bytes", "KiB", "MiB", "GiB"] {
            if value < 1_024 { return unit == "bytes" ? "\(number) bytes" : "\(decimal(value, 1)) \(unit)" }
            value /= 1_024
        }
        return "\(decimal(value, 1)) TiB"
    }

    /// Formats a number with `places` digits after the decimal point.
    static func decimal(_ number: Double, _ places: Int) -> String {
        guard number.isFinite else { return "-" }
        let scale = pow(10, Double(places))
        let scaled = (abs(number) * scale).rounded()
        guard scaled < 1e18 else { return "\(number)" }
        let whole = Int(scaled)
        let sign = number < 0 && whole > 0 ? "-" : ""
        guard places > 0 else { return sign + count(whole) }
        let unit = Int(scale)
        let fraction = String(whole % unit)
        return sign + count(whole / unit) + "." + String(repeating: "0", count: places - fraction.count) + fraction
    }

    /// Rounds a number to `places` digits after the decimal point, for JSON.
    static func rounded(_ number: Double, _ places: Int) -> Double {
        let scale = pow(10, Double(places))
        let scaled = (number * scale).rounded()
        return scaled.isFinite ? scaled / scale : number
    }

    /// Formats seconds as 0:07, 12:34 or 1:02:03.
    static func clock(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 360_000 else { return "-" }
        let total = Int(seconds.rounded())
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (hours, minutes) = (total / 3_600, total / 60 % 60)
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(total % 60))" : "\(minutes):\(two(total % 60))"
    }
}

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
