internal import Platform
internal import SparseInterchange
internal import SparseStore
internal import SparseText
internal import Synchronization

/// Runs many queries on one or several threads, and keeps the answers in the order of the queries.
struct QueryRunner {
    let store: ShardedStore
    var options: SearchOptions
    /// The stages after the first for the query at an index.
    var stages: @Sendable (Int) throws -> [SearchStage] = { _ in [] }
    let threads: Int
    var interrupted: @Sendable () -> Bool = { InterruptFlag.isSet }
    /// Called before each query with its number and the number of all queries.
    var progress: @Sendable (Int, Int) -> Void = { _, _ in }

    /// The answers to all queries, and the seconds from the first query to the last answer.
    struct Run {
        let outcomes: [QueryOutcome]
        let seconds: Double
    }

    /// Runs every query once.
    func run(_ queries: [Query?]) throws -> Run {
        let watch = Stopwatch()
        guard threads > 1 else {
            var outcomes: [QueryOutcome] = []
            outcomes.reserveCapacity(queries.count)
            for index in queries.indices {
                progress(index, queries.count)
                outcomes.append(try ask(queries[index], index))
            }
            return Run(outcomes: outcomes, seconds: watch.seconds)
        }
        let shared = Shared(count: queries.count)
        WorkerThread.run(onUpTo: threads) { work(queries, shared) }
        let seconds = watch.seconds
        return Run(outcomes: try shared.outcomes(), seconds: seconds)
    }

    /// Runs queries until none is left. Each thread executes this.
    private func work(_ queries: [Query?], _ shared: Shared) {
        var mine: [(Int, QueryOutcome)] = []
        do {
            while let index = shared.next() {
                progress(index, queries.count)
                mine.append((index, try ask(queries[index], index)))
            }
            shared.add(mine)
        } catch {
            shared.fail(CommandFailure(error))
        }
    }

    private func ask(_ query: Query?, _ index: Int) throws -> QueryOutcome {
        guard !interrupted() else { throw CommandFailure(.interrupted, "interrupted; nothing was measured") }
        guard let query else { return QueryOutcome() }
        let stages = try stages(index)
        let watch = Stopwatch()
        let result = try store.search(query, options: options, stages: stages)
        let nanoseconds = watch.nanoseconds
        return QueryOutcome(
            hits: Self.scored(result), isExact: result.isExact, counters: result.counters, stages: result.stages,
            nanoseconds: nanoseconds)
    }

    /// The hits in the form of a run, which is ordered by score. Documents that the last stage did not score follow the
    /// others with scores of an earlier stage. If those scores would break the order, ranks replace all scores.
    private static func scored(_ result: SearchResult) -> [ScoredDocument] {
        let isOrdered = zip(result.hits, result.hits.dropFirst()).allSatisfy { $0.score >= $1.score }
        return result.hits.enumerated().map { rank, hit in
            ScoredDocument(id: hit.id, score: isOrdered ? hit.score : Float(-rank))
        }
    }

    /// The state that the threads share.
    private final class Shared: Sendable {
        private let count: Int
        private let taken = Atomic<Int>(0)
        private let state: Lock<State>

        private struct State {
            var outcomes: [QueryOutcome]
            var failure: CommandFailure?
        }

        init(count: Int) {
            self.count = count
            state = Lock(State(outcomes: Array(repeating: QueryOutcome(), count: count)))
        }

        func next() -> Int? {
            let index = taken.add(1, ordering: .relaxed).oldValue
            return index < count ? index : nil
        }

        func add(_ outcomes: [(Int, QueryOutcome)]) {
            state.withLock { for (index, outcome) in outcomes { $0.outcomes[index] = outcome } }
        }

        func fail(_ failure: CommandFailure) {
            // Leave nothing for the other threads to run.
            taken.store(count, ordering: .relaxed)
            state.withLock { if $0.failure == nil { $0.failure = failure } }
        }

        func outcomes() throws -> [QueryOutcome] {
            try state.withLock { state throws(CommandFailure) in
                if let failure = state.failure { throw failure }
                return state.outcomes
            }
        }
    }
}

/// The answer to one query and what it cost.
struct QueryOutcome: Sendable {
    var hits: [ScoredDocument] = []
    /// Whether the answer is proven exact. The empty answer to a query without terms is exact.
    var isExact = true
    var counters = SearchCounters()
    /// The work of each stage; empty for a search with one stage.
    var stages: [StageReport] = []
    /// How long the search took; nil if the query had no terms.
    var nanoseconds: Int64?
}

/// The queries of a file, in the form that a store accepts.
struct QuerySet {
    let records: [QueryRecord]
    let queries: [Query?]

    /// Converts `file` for a store whose terms are strings or numbers. JSON has strings; for a store with numbers, they
    /// are parsed as numbers.
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

    /// `query` with numbers for terms if the store has numbers; otherwise `query` itself.
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
