internal import ArgumentParser
internal import Foundation
internal import SparseStore

/// The value of `--boost`, such as `decay:published,from=now,scale=30d`.
enum BoostOption {
    private static let forms = """
        'decay:NAME,from=VALUE,scale=30d', 'value:NAME,by=log1p,times=0.5' or 'filter:1.5:FILTER'
        """

    /// Parses a boost. A mistake is a usage error that names the part.
    static func parse(_ text: String) throws -> Boost {
        let (kind, rest) = split(text, at: ":")
        switch kind {
        case "filter":
            let (factor, filter) = split(rest, at: ":")
            guard let factor = Double(factor), factor.isFinite else { throw failure(text) }
            return .when(try FilterExpression.parse(filter), factor)
        case "value": return try value(rest, text)
        case "decay": return try decay(rest, text)
        default: throw failure(text)
        }
    }

    /// Parses the value of `--boost-by`.
    static func parseCombination(_ text: String) throws -> BoostCombination {
        guard let combination = BoostCombination(rawValue: text) else {
            throw ValidationError("--boost-by must be product or sum, not '\(text)'")
        }
        return combination
    }

    private static func value(_ parts: String, _ text: String) throws -> Boost {
        var (name, settings) = try settings(parts, text)
        var factor = 1.0
        if let times = settings.removeValue(forKey: "times") { factor = try number(times, text) }
        var modifier = Boost.Modifier.identity
        switch settings.removeValue(forKey: "by") {
        case nil: break
        case "log1p": modifier = .log1p
        case "sqrt": modifier = .squareRoot
        case let other?:
            throw ValidationError("--boost \(text): 'by' must be log1p or sqrt, not '\(other)'")
        }
        guard settings.isEmpty else { throw failure(text) }
        return .value(name, times: factor, by: modifier)
    }

    private static func decay(_ parts: String, _ text: String) throws -> Boost {
        var (name, settings) = try settings(parts, text)
        guard let from = settings.removeValue(forKey: "from"), let origin = origin(from) else {
            throw ValidationError("--boost \(text): 'from' must be now, a date such as 2024-01-31, or a number")
        }
        guard let scale = settings.removeValue(forKey: "scale") else {
            throw ValidationError("--boost \(text): a decay needs a scale, such as 'scale=30d'")
        }
        let offset = try settings.removeValue(forKey: "offset").map { try distance($0, text) } ?? 0
        let level = try settings.removeValue(forKey: "to").map { try number($0, text) } ?? 0.5
        var curve = Boost.Curve.exponential
        switch settings.removeValue(forKey: "curve") {
        case nil, "exp": break
        case "gauss": curve = .gaussian
        case "linear": curve = .linear
        case let other?:
            throw ValidationError("--boost \(text): 'curve' must be exp, gauss or linear, not '\(other)'")
        }
        guard settings.isEmpty else { throw failure(text) }
        return .decay(name, from: origin, scale: try distance(scale, text), offset: offset, to: level, curve: curve)
    }

    /// The name of an attribute and its settings: `NAME,key=value,...`.
    private static func settings(_ parts: String, _ text: String) throws -> (name: String, settings: [String: String]) {
        let pieces = parts.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard let name = pieces.first, !name.isEmpty else { throw failure(text) }
        var settings: [String: String] = [:]
        for piece in pieces.dropFirst() {
            let (key, value) = split(piece, at: "=")
            guard !value.isEmpty, settings.updateValue(value, forKey: key) == nil else { throw failure(text) }
        }
        return (name, settings)
    }

    private static func origin(_ text: String) -> AttributeValue? {
        if text == "now" { return .date(Int64(Date().timeIntervalSince1970 * 1_000_000)) }
        if let integer = Int64(text) { return .integer(integer) }
        if let number = Double(text), number.isFinite { return .number(number) }
        return .date(rfc3339: text)
    }

    /// A number, or a time in seconds: `90s`, `15m`, `12h`, `30d`.
    private static func distance(_ text: String, _ option: String) throws -> Double {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let last = text.last, let unit = units[last] else { return try number(text, option) }
        return try number(String(text.dropLast()), option) * unit
    }

    private static func number(_ text: String, _ option: String) throws -> Double {
        guard let number = Double(text), number.isFinite else {
            throw ValidationError("--boost \(option): '\(text)' is not a number")
        }
        return number
    }

    private static func split(_ text: String, at separator: Character) -> (String, String) {
        guard let place = text.firstIndex(of: separator) else { return (text, "") }
        return (String(text[..<place]), String(text[text.index(after: place)...]))
    }

    private static func failure(_ text: String) -> ValidationError {
        ValidationError("--boost must be \(forms), not '\(text)'")
    }
}
