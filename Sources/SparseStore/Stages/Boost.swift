internal import Platform
public import SparseFormat

/// What a document's fields add to its score in the stage ``SearchStage/boost(_:combinedBy:candidates:)``.
///
///     .boost([
///         .decay("published", from: .date(rfc3339: "2024-06-01") ?? 0, scale: 30 * 86_400),
///         .value("popularity", by: .log1p),
///         .when(.tag("featured"), 1.5),
///     ])
///
/// A boost gives a document a number, or nothing: then it leaves the document's score as it is.
public struct Boost: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case when(Filter)
        case value(TextKey, Modifier)
        case decay(TextKey, Decay)
    }

    /// What is made of an attribute's value before it counts.
    public enum Modifier: String, Sendable, Hashable, CaseIterable {
        /// The value itself.
        case identity
        /// The natural logarithm of 1 + the value; values below 0 count as 0.
        case log1p
        /// The square root; values below 0 count as 0.
        case squareRoot
    }

    /// How a decay falls with the distance.
    public enum Curve: String, Sendable, Hashable, CaseIterable {
        /// By the same factor over every scale.
        case exponential
        /// Slowly at first, then fast, then slowly.
        case gaussian
        /// Evenly, down to 0.
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
    /// What the number is multiplied by; of a filter the number itself.
    let factor: Double

    /// A number for the documents that a filter lets through, and nothing for the others.
    ///
    /// - Parameters:
    ///   - filter: which documents.
    ///   - value: finite; above 1 it raises the score of a product, below 1 it lowers it.
    public static func when(_ filter: Filter, _ value: Double) -> Boost { Boost(kind: .when(filter), factor: value) }

    /// The value of an attribute of integers or numbers, times a factor; nothing for documents without it.
    ///
    /// - Parameters:
    ///   - attribute: its name.
    ///   - factor: finite; what is left of the value after the modifier is multiplied by it.
    ///   - modifier: what is made of the value first.
    public static func value(_ attribute: String, times factor: Double = 1, by modifier: Modifier = .identity) -> Boost
    {
        Boost(kind: .value(TextKey(attribute), modifier), factor: factor)
    }

    /// A number that falls with the distance between an attribute and an origin, from 1; nothing for documents without the
    /// attribute. It is the decay of Elasticsearch's `function_score` query.
    ///
    /// With d the distance less the offset, or 0 where that is negative, and s the scale: level^(d / s) for `exponential`,
    /// level^((d / s)^2) for `gaussian`, and 1 - (1 - level) d / s, at least 0, for `linear`.
    ///
    /// - Parameters:
    ///   - attribute: its name. Its values are dates, integers or numbers.
    ///   - origin: where the number is 1: a date for dates, otherwise a finite number.
    ///   - scale: above 0; behind so much distance, beside the offset, the number is `level`. In seconds for dates.
    ///   - offset: at least 0; so near, the number is 1. In seconds for dates.
    ///   - level: above 0 and below 1.
    ///   - curve: how it falls.
    public static func decay(
        _ attribute: String, from origin: AttributeValue, scale: Double, offset: Double = 0, to level: Double = 0.5,
        curve: Curve = .exponential
    ) -> Boost {
        let decay = Decay(origin: origin, scale: scale, offset: offset, level: level, curve: curve)
        return Boost(kind: .decay(TextKey(attribute), decay), factor: 1)
    }

    /// The attribute that it looks at; nil for a filter.
    var attribute: String? {
        switch kind {
        case .when: nil
        case .value(let name, _), .decay(let name, _): name.text
        }
    }

    /// What a value of the attribute is worth; nil for one that is no number.
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
            throw SparseStoreError(.invalidArgument, "a boost has the factor \(factor); it must be finite")
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
                    "the decay by '\(name)' has the scale \(decay.scale), the offset \(decay.offset) and the level "
                        + "\(decay.level); give a scale above 0, an offset of 0 or more, and a level between 0 and 1")
            }
            guard decay.origin.double?.isFinite ?? false else {
                throw SparseStoreError(
                    .invalidArgument, "the origin of the decay by '\(name)' is no finite number and no date")
            }
        }
    }

    /// Looks whether the attribute has a type that the boost can work with.
    ///
    /// - Throws: `invalidArgument`.
    func check(_ type: AttributeType) throws(SparseStoreError) {
        let name = attribute ?? ""
        switch (kind, type) {
        case (.when, _), (.value, .integer), (.value, .number): return
        case (.decay(_, let decay), .date):
            guard case .date = decay.origin else {
                throw SparseStoreError(
                    .invalidArgument, "the attribute '\(name)' is a date, and the origin of the decay is none")
            }
        case (.decay(_, let decay), .integer), (.decay(_, let decay), .number):
            if case .date = decay.origin {
                throw SparseStoreError(
                    .invalidArgument, "the attribute '\(name)' is a \(type), and the origin of the decay is a date")
            }
        default:
            throw SparseStoreError(
                .invalidArgument, "the attribute '\(name)' is a \(type), and a boost needs numbers or dates")
        }
    }
}

/// How the numbers of several boosts and the score before become one score.
public enum BoostCombination: String, Sendable, Hashable, CaseIterable {
    /// The score times all numbers.
    case product
    /// The score and all numbers added up.
    case sum
}

/// Scores candidates by the score they have and what boosts say.
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
    /// As a number; of a date microseconds. Nil for what is none.
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
