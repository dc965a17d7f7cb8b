internal import SparseFormat

/// A class of queries by the number of their terms. `tune` measures each class by itself, because long queries need
/// other efforts than short ones.
public struct QueryClass: Sendable, Hashable, Codable {
    /// The minimum number of terms of its queries, counting those that the store knows.
    public let minimumTerms: Int
    /// The maximum number of terms of its queries; nil if there is none.
    public let maximumTerms: Int?
}

extension QueryClass: CustomStringConvertible {
    /// The number of terms in words, such as `11 to 20 terms`.
    public var description: String {
        guard let maximumTerms else { return "\(minimumTerms) or more terms" }
        return "\(minimumTerms) to \(maximumTerms) terms"
    }
}

/// The classes that queries are divided into.
struct QueryClasses: Sendable, Hashable {
    /// The maximum number of terms of each class but the last, ascending; empty for one class of all queries.
    let bounds: [Int]

    /// The classes that a tuning measures.
    ///
    /// Of the features of a query that were compared, its length says most about the effort that it needs: less of a
    /// short query may be left out, and more of a long one lies in its tail (Benchmarks/RESULTS.md, "A plan for each
    /// query"). The bounds do not depend on the queries of a tuning, so that those it lacks have their own class, too.
    static let measured = QueryClasses(bounds: [10, 20, 40])

    var count: Int { bounds.count + 1 }

    /// Returns the number of the class of a query.
    func number(terms: Int) -> Int { bounds.firstIndex { terms <= $0 } ?? bounds.count }

    subscript(number: Int) -> QueryClass {
        QueryClass(
            minimumTerms: number == 0 ? 1 : bounds[number - 1] + 1,
            maximumTerms: number < bounds.count ? bounds[number] : nil)
    }
}

extension TuningRecord {
    var classes: QueryClasses { QueryClasses(bounds: bounds.map(Int.init)) }
}
