/// An error in a stored value: the rule that it breaks, and its location.
package struct FormatError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rule that was broken. `invariant` carries its number in FORMAT.md and a text.
    package enum Code: Sendable, Equatable {
        case truncated
        case trailingBytes
        case checksumMismatch
        case wrongKind
        case unsupportedVersion
        case unknownFlags
        case limitExceeded
        case invariant(Int, String)
        case badVarint
        case badUTF8
        case decompression
        case unknownDictionary

        /// A word for it in reports: an invariant's number, such as `I12`, or what the value fails at.
        package var rule: String {
            switch self {
            case .truncated, .trailingBytes: "length"
            case .checksumMismatch: "checksum"
            case .wrongKind: "kind"
            case .unsupportedVersion: "version"
            case .unknownFlags: "flags"
            case .limitExceeded: "limit"
            case .invariant(let number, _): "I\(number)"
            case .badVarint: "varint"
            case .badUTF8: "text"
            case .decompression: "frame"
            case .unknownDictionary: "I109"
            }
        }
    }

    package let code: Code
    /// A short description of what was found; may be empty.
    package let detail: String
    /// The table of the value; nil while bytes of an unknown table are decoded.
    package let table: TableNumber?
    /// The key in hexadecimal, abbreviated; empty when not known.
    package let key: String

    package init(_ code: Code, _ detail: String = "", table: TableNumber? = nil, key: String = "") {
        self.code = code
        self.detail = detail
        self.table = table
        self.key = key
    }

    /// An invariant of the numbered list is broken.
    package init(_ invariant: Invariant, _ detail: String = "") {
        self.init(.invariant(invariant.rawValue, invariant.rule), detail)
    }

    /// Returns the same error with the table and key of the value, unless it has a table already.
    package func at(_ table: TableNumber, key: UnsafeRawBufferPointer) -> FormatError {
        guard self.table == nil else { return self }
        return FormatError(code, detail, table: table, key: Hexadecimal.abbreviated(key))
    }

    /// The problem, without the location and the remedy.
    package var sentence: String { detail.isEmpty ? reason : reason + " (\(detail))" }

    /// The problem and its location.
    package var problem: String {
        var text = sentence
        if let table { text += ", in table '\(table.name)'" }
        if !key.isEmpty { text += " at key \(key)" }
        return text
    }

    /// The problem, its location and the remedy.
    package var description: String { "\(problem); \(remedy)" }

    private var reason: String {
        switch code {
        case .truncated: "a value ends too early"
        case .trailingBytes: "a value has bytes after its end"
        case .checksumMismatch: "the checksum does not match the value and its key"
        case .wrongKind: "a value has the wrong kind"
        case .unsupportedVersion: "a value has a version that this library does not know"
        case .unknownFlags: "a value uses a feature that this library does not know"
        case .limitExceeded: "a value exceeds a limit of the format"
        case .invariant(let number, let rule): "invariant I\(number) is broken: \(rule)"
        case .badVarint: "a variable-length integer is not in its canonical form"
        case .badUTF8: "a string is not valid UTF-8"
        case .decompression: "a zstd frame cannot be decoded"
        case .unknownDictionary: "a compression dictionary is missing from the store"
        }
    }

    /// The remedy.
    package var remedy: String {
        switch code {
        case .unsupportedVersion, .unknownFlags:
            "open the store with a newer version of the library"
        case .limitExceeded:
            "stay within the limits in FORMAT.md; if you never wrote such a value, run `verify` and restore a backup"
        default:
            "run `verify` to see the extent of the damage, then restore a backup"
        }
    }
}
