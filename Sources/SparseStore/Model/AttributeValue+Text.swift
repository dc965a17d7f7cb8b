public import SparseFormat

extension AttributeValue: CustomStringConvertible {
    /// The value as text: a date in RFC 3339 format, the elements of a list separated by commas.
    public var description: String {
        switch self {
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .boolean(let value): "\(value)"
        case .string(let value): value
        case .date(let value): Self.rfc3339(value) ?? "\(value) microseconds since 1970"
        case .integers(let values): values.map { "\($0)" }.joined(separator: ", ")
        case .strings(let values): values.joined(separator: ", ")
        }
    }
}

/// A value is one JSON value, without the name of its type, as in the lines that `load` reads and `export` writes:
/// `{"year": 2024, "price": 12.5, "open": true, "topics": ["a", "b"]}`.
///
/// A date becomes RFC 3339 text. Text is always decoded as a string, because nothing tells it from a date; turn it into
/// a date with `date(rfc3339:)`. An empty list is decoded as a list of strings; it is stored as no value in any case.
extension AttributeValue: Codable {
    /// Decodes a value from a Boolean, a number, a string, or a list of whole numbers or strings.
    ///
    /// - Parameter decoder: The decoder of the value.
    /// - Throws: `DecodingError` if the value is null, an object, or a list of anything else.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let values = try? container.decode([String].self) {
            self = .strings(values)
        } else if let values = try? container.decode([Int64].self) {
            self = .integers(values)
        } else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription:
                    "an attribute is true, false, a number, a string, or a list of whole numbers or of strings")
        }
    }

    /// Encodes the value.
    ///
    /// - Parameter encoder: The encoder to write to.
    /// - Throws: `EncodingError` if the value is a date outside the years 0000 to 9999, or a number that the encoder
    ///   cannot represent.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .boolean(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .integers(let values): try container.encode(values)
        case .strings(let values): try container.encode(values)
        case .date(let microseconds):
            guard let text = Self.rfc3339(microseconds) else {
                throw EncodingError.invalidValue(
                    self,
                    .init(codingPath: encoder.codingPath, debugDescription: "a date has a year from 0000 to 9999"))
            }
            try container.encode(text)
        }
    }
}

/// Conversions between dates and RFC 3339 text, with the calendar arithmetic they need.
extension AttributeValue {
    /// Parses a date in RFC 3339 format, such as `2024-01-31T12:30:00.25Z` or `2024-01-31T12:30:00+01:00`. A date
    /// without a time, such as `2024-01-31`, is midnight UTC. Returns nil if the text is not a date in the years 0000
    /// to 9999.
    ///
    /// Digits beyond microseconds are truncated, and a leap second becomes the following second.
    public static func date(rfc3339 text: String) -> AttributeValue? {
        var rest = Array(text.utf8)[...]
        func number(_ digits: Int) -> Int64? {
            guard rest.count >= digits, rest.prefix(digits).allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            defer { rest = rest.dropFirst(digits) }
            return rest.prefix(digits).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        func take(_ characters: String) -> UInt8? {
            guard let first = rest.first, characters.utf8.contains(first) else { return nil }
            rest = rest.dropFirst()
            return first
        }
        guard let year = number(4), take("-") != nil, let month = number(2), take("-") != nil, let day = number(2),
            (1...12).contains(month), (1...days(year, month)).contains(day)
        else { return nil }
        let midnight = daysSince1970(year, month, day) * 86_400
        if rest.isEmpty { return .date(midnight * 1_000_000) }
        guard take("Tt ") != nil, let hour = number(2), take(":") != nil, let minute = number(2), take(":") != nil,
            let second = number(2), hour < 24, minute < 60, second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if take(".") != nil {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { return nil }
            rest = rest.dropFirst(digits.count)
            for place in 0..<6 {
                fraction = fraction * 10 + (place < digits.count ? Int64(digits[digits.startIndex + place] - 0x30) : 0)
            }
        }
        var offset: Int64 = 0
        guard let zone = take("Zz+-") else { return nil }
        if zone == UInt8(ascii: "+") || zone == UInt8(ascii: "-") {
            guard let hours = number(2), take(":") != nil, let minutes = number(2), hours < 24, minutes < 60 else {
                return nil
            }
            offset = (hours * 60 + minutes) * (zone == UInt8(ascii: "+") ? 60 : -60)
        }
        guard rest.isEmpty else { return nil }
        return .date((midnight + hour * 3_600 + minute * 60 + second - offset) * 1_000_000 + fraction)
    }

    /// Formats a number of microseconds since 1970 in RFC 3339 format in UTC. Returns nil outside the years 0000 to
    /// 9999.
    public static func rfc3339(_ microseconds: Int64) -> String? {
        func floored(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, rest: Int64) {
            let rest = value % divisor
            return rest < 0 ? (value / divisor - 1, rest + divisor) : (value / divisor, rest)
        }
        let (seconds, fraction) = floored(microseconds, 1_000_000)
        let (days, time) = floored(seconds, 86_400)
        // Hinnant, "chrono-compatible low-level date algorithms": eras of 400 years that begin in March.
        let (era, dayOfEra) = floored(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        guard (0...9_999).contains(year) else { return nil }
        func padded(_ value: Int64, _ digits: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let clock = [time / 3_600, time / 60 % 60, time % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(date)T\(clock)" + (fraction == 0 ? "Z" : ".\(padded(fraction, 6))Z")
    }

    private static func days(_ year: Int64, _ month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
