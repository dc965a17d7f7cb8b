internal import Platform
public import SparseFormat

/// A change to the score of documents by their fields, for the stage ``SearchStage/boost(_:combinedBy:candidates:)``.
///
///     .boost([
///         .decay("published", from: .date(rfc3339: "2024-06-01") ?? 0, scale: 30 * 86_400),
///         .value("popularity", by: .log1p),
///         .when(.tag("featured"), 1.5),
///     ])
///
/// A boost gives a document a number. If it has none for a document, the score stays unchanged.
public struct Boost: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case when(Filter)
        case value(TextKey, Modifier)
        case decay(TextKey, Decay)
    }

    /// A function that is applied to the value of an attribute.
    public enum Modifier: String, Sendable, Hashable, CaseIterable {
        /// The value itself.
        case identity
        /// The natural logarithm of 1 + the value; values below 0 count as 0.
        case log1p
        /// The square root; values below 0 count as 0.
        case squareRoot
    }

    /// The shape of a decay.
    public enum Curve: String, Sendable, Hashable, CaseIterable {
        /// It falls by the same factor over every scale.
        case exponential
        /// It falls slowly at first, then fast, then slowly.
        case gaussian
        /// It falls evenly, down to 0.
        case linear
    }

    struct Decay: Sendable, Hashable {
        let origin: AttributeValue
        let scale: Double
        let offset: Double
        let level: Double
        let curve: Curve
    }

    let kind: Kind
    /// The factor of the number; for a filter, the number itself.
    let factor: Double

    /// Creates a boost with a number for the documents that a filter matches, and none for the others.
    ///
    /// - Parameters:
    ///   - filter: The documents to boost.
    ///   - value: A finite number. In a product, a number above 1 raises the score and a number below 1 lowers it.
    public static func when(_ filter: Filter, _ value: Double) -> Boost { Boost(kind: .when(filter), factor: value) }

    /// Creates a boost by the value of an attribute of integers or numbers. Documents without the attribute have no
    /// number.
    ///
    /// - Parameters:
    ///   - attribute: The name of the attribute.
    ///   - factor: A finite factor, applied after the modifier.
    ///   - modifier: The function that is applied to the value.
    public static func value(_ attribute: String, times factor: Double = 1, by modifier: Modifier = .identity) -> Boost
    {
        Boost(kind: .value(TextKey(attribute), modifier), factor: factor)
    }

    /// Creates a boost that falls from 1 with the distance between an attribute and an origin. Documents without the
    /// attribute have no number. It is the decay of Elasticsearch's `function_score` query.
    ///
    /// With d the distance less the offset, or 0 where that is negative, and s the scale: level^(d / s) for
    /// `exponential`, level^((d / s)^2) for `gaussian`, and 1 - (1 - level) d / s, at least 0, for `linear`.
    ///
    /// - Parameters:
    ///   - attribute: The name of the attribute. Its values are dates, integers or numbers.
    ///   - origin: The value for which the number is 1: a date for dates, otherwise a finite number.
    ///   - scale: The distance beyond the offset at which the number is `level`; above 0. In seconds for dates.
    ///   - offset: The distance up to which the number is 1; at least 0. In seconds for dates.
    ///   - level: The number at the scale; above 0 and below 1.
    ///   - curve: The shape of the decay.
    public static func decay(
        _ attribute: String, from origin: AttributeValue, scale: Double, offset: Double = 0, to level: Double = 0.5,
        curve: Curve = .exponential
    ) -> Boost {
        let decay = Decay(origin: origin, scale: scale, offset: offset, level: level, curve: curve)
        return Boost(kind: .decay(TextKey(attribute), decay), factor: 1)
    }

    /// The name of the attribute; nil for a filter.
    var attribute: String? {
        switch kind {
        case .when: nil
        case .value(let name, _), .decay(let name, _): name.text
        }
    }

    /// Returns the number for a value of the attribute; nil if the value is not a number.
    func worth(of value: AttributeValue) -> Double? {
        guard let number = value.double else { return nil }
        switch kind {
        case .when: return nil
        case .value(_, .identity): return factor * number
        case .value(_, .log1p): return factor * log1p(max(0, number))
        case .value(_, .squareRoot): return factor * max(0, number).squareRoot()
        case .decay(_, let decay):
            guard let origin = decay.origin.double else { return nil }
            let unit: Double = if case .date = value { 1_000_000 } else { 1 }
            let distance = max(0, abs(number - origin) / unit - decay.offset) / decay.scale
            switch decay.curve {
            case .exponential: return pow(decay.level, distance)
            case .gaussian: return pow(decay.level, distance * distance)
            case .linear: return max(0, 1 - (1 - decay.level) * distance)
            }
        }
    }

    /// - Throws: `invalidArgument` for a parameter outside its range; `limitExceeded` for a filter beyond its limits.
    func check() throws(SparseStoreError) {
        guard factor.isFinite else {
            throw SparseStoreError(
                .invalidArgument, problem: "a boost has the factor \(factor)",
                remedy: "use a finite factor")
        }
        switch kind {
        case .when(let filter): try filter.check()
        case .value: break
        case .decay(let name, let decay):
            guard decay.scale > 0, decay.scale.isFinite, decay.offset >= 0, decay.offset.isFinite,
                decay.level > 0, decay.level < 1
            else {
                throw SparseStoreError(
                    .invalidArgument,
                    problem: "the decay by '\(name)' has the scale \(decay.scale), the offset "
                        + "\(decay.offset) and the level \(decay.level)",
                    remedy: "use a scale above 0, an offset of 0 or more, and a level between 0 and 1")
            }
            guard decay.origin.double?.isFinite ?? false else {
                throw SparseStoreError(
                    .invalidArgument,
                    problem: "the origin of the decay by '\(name)' is neither a finite number nor "
                        + "a date")
            }
        }
    }

    /// Checks that the boost supports the type of the attribute.
    ///
    /// - Throws: `invalidArgument`.
    func check(_ type: AttributeType) throws(SparseStoreError) {
        let name = attribute ?? ""
        switch (kind, type) {
        case (.when, _), (.value, .integer), (.value, .number): return
        case (.decay(_, let decay), .date):
            guard case .date = decay.origin else {
                throw SparseStoreError(
                    .invalidArgument,
                    problem: "the attribute '\(name)' is a date, but the origin of the decay is "
                        + "not")
            }
        case (.decay(_, let decay), .integer), (.decay(_, let decay), .number):
            if case .date = decay.origin {
                throw SparseStoreError(
                    .invalidArgument,
                    problem: "the attribute '\(name)' is a \(type), but the origin of the decay is "
                        + "a date")
            }
        default:
            throw SparseStoreError(
                .invalidArgument, problem: "the attribute '\(name)' is a \(type), but a boost needs numbers or dates")
        }
    }
}

/// How the numbers of several boosts and the previous score are combined.
public enum BoostCombination: String, Sendable, Hashable, CaseIterable {
    /// The product of the score and all numbers.
    case product
    /// The sum of the score and all numbers.
    case sum
}

/// Scores candidates by their previous score and boosts.
struct BoostReranker: Reranker {
    /// Returns the number that a boost gives a document, or nil.
    typealias Reading = @Sendable (RankedPlace) throws -> Double?

    let name = "boost"
    let readings: [Reading]
    let combination: BoostCombination

    func rerank(_ candidates: Candidates, limit: Int, into scores: inout CandidateScores) throws {
        for candidate in candidates {
            var score = Double(candidate.score)
            for reading in readings {
                guard let value = try reading(candidate.ranked) else { continue }
                if combination == .product { score *= value } else { score += value }
            }
            try scores.set(Float(score), for: candidate)
        }
    }
}

extension AttributeValue {
    /// The value as a number, in microseconds for a date; nil if it is not a number.
    fileprivate var double: Double? {
        switch self {
        case .integer(let value), .date(let value): Double(value)
        case .number(let value): value
        case .boolean, .string, .integers, .strings: nil
        }
    }
}

extension Boost {
    /// Writes the boost so that equal boosts give equal bytes.
    func encode(into writer: inout ByteWriter) {
        writer.u64(factor.bitPattern)
        switch kind {
        case .when(let filter):
            writer.u8(0)
            filter.encode(into: &writer)
        case .value(let name, let modifier):
            writer.u8(1)
            writer.text(name.text)
            writer.text(modifier.rawValue)
        case .decay(let name, let decay):
            writer.u8(2)
            writer.text(name.text)
            decay.origin.encode(into: &writer)
            for number in [decay.scale, decay.offset, decay.level] { writer.u64(number.bitPattern) }
            writer.text(decay.curve.rawValue)
        }
    }
}
