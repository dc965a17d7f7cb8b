internal import SparseInterchange
internal import SparseStore
internal import SparseText

/// The queries of a file, in the form that a store accepts.
struct QuerySet {
    let records: [QueryRecord]
    let queries: [Query?]

    /// Brings `file` into the form of a store whose terms are strings or numbers: JSON gives strings, and where the store
    /// has numbers, the numbers that these strings say are meant.
    init(_ file: QueryFile, for space: TermSpace) throws {
        guard !file.isInWords else {
            throw CommandFailure(
                .invalidInput,
                "the queries are text and have no vectors; use 'eval' or 'search WORDS', which encode text")
        }
        records = file.queries
        let hasNumbers = space == .numbers
        queries = try file.queries.map { record in
            guard hasNumbers, let query = record.query else { return record.query }
            do throws(InterchangeError) {
                return try Self.numbers(query)
            } catch {
                throw InterchangeError(error.code, "query '\(record.id)': \(error.message)")
            }
        }
    }

    /// Encodes queries in plain words.
    init(_ questions: [QueryRecord], _ encoder: any TextEncoder) throws {
        records = questions
        queries = try questions.map { question in
            let terms = try encoder.encode(query: question.text ?? "")
            return terms.isEmpty ? nil : Query(terms: terms)
        }
    }

    /// `query` in numbers if that is what the store has, else as it is.
    static func adapt(_ query: Query, to space: TermSpace) throws -> Query {
        space == .numbers ? try numbers(query) : query
    }

    private static func numbers(_ query: Query) throws(InterchangeError) -> Query {
        guard case .terms(let terms) = query.content else { return query }
        var query = query
        query.content = .numbers(try TermsText.numbers(terms))
        return query
    }
}
