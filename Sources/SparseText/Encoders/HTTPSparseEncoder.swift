#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
public import SparseStore

/// A request to an encoding service, and what carries it there.
///
/// Any HTTP client can stand behind it.
public protocol EncodingTransport: Sendable {
    /// Posts a JSON body and returns the status and the body of the answer.
    ///
    /// - Parameters:
    ///   - body: the JSON text.
    ///   - url: where to.
    ///   - headers: names and values beside `Content-Type`.
    ///   - timeout: when to give up.
    /// - Throws: whatever failed on the way; the request is then tried again.
    func post(
        _ body: [UInt8], to url: String, headers: [(name: String, value: String)], timeout: Duration
    ) async throws -> (status: Int, body: [UInt8])
}

/// An encoder behind the call `/embed_sparse` of Hugging Face's text-embeddings-inference.
///
/// Texts go in batches, several at a time. A batch that fails on the way, or is answered with 429 or a status from 500 on, is
/// tried again after a pause that doubles; everything ends by one deadline. The service's token numbers become terms by the
/// model's vocabulary.
public struct HTTPSparseEncoder: SparseEncoder {
    /// How the service is used.
    public struct Settings: Sendable, Hashable {
        /// Texts of one request.
        public var batch = 32
        /// Requests at a time.
        public var concurrency = 4
        /// How often a request is tried.
        public var attempts = 4
        /// The pause before the second attempt; it doubles with each.
        public var pause = Duration.milliseconds(100)
        /// How long a call may take in all.
        public var deadline = Duration.seconds(60)
        /// Whether the service cuts texts that are too long; otherwise it refuses them.
        public var truncates = true

        /// The defaults.
        public init() {}
    }

    /// What a store that it fills remembers.
    public let description: EncoderDescription
    private let url: String
    private let headers: [(name: String, value: String)]
    private let tokens: [String]
    private let settings: Settings
    private let transport: any EncodingTransport

    /// Makes an encoder.
    ///
    /// - Parameters:
    ///   - url: of the service, such as `http://localhost:8080`.
    ///   - model: its name, which a store remembers.
    ///   - tokens: the model's vocabulary, by token number; see ``WordPieceTokenizer/tokens``.
    ///   - headers: of each request, such as an authorization.
    ///   - settings: batches, attempts and the deadline.
    ///   - transport: what carries requests.
    /// - Throws: `invalidArgument` for settings below 1 and an empty vocabulary.
    public init(
        url: String, model: String, tokens: [String], headers: [(name: String, value: String)] = [],
        settings: Settings = Settings(), transport: any EncodingTransport
    ) throws(SparseStoreError) {
        guard settings.batch >= 1, settings.concurrency >= 1, settings.attempts >= 1, !tokens.isEmpty else {
            throw SparseStoreError(
                .invalidArgument,
                "an encoder over HTTP needs a vocabulary, and a batch, a concurrency and attempts of at least 1")
        }
        self.url = url.hasSuffix("/") ? url + "embed_sparse" : url + "/embed_sparse"
        self.headers = headers
        self.tokens = tokens
        self.settings = settings
        self.transport = transport
        description = EncoderDescription(
            name: "http:\(model)", fingerprint: Vocabulary.fingerprint(tokens), parameters: "\(tokens.count) tokens")
    }

    /// The vectors of documents, one after the other.
    public func encode(documents: [String]) async throws -> [[WeightedTerm]] { try await encode(documents) }

    /// The vectors of queries, one after the other.
    public func encode(queries: [String]) async throws -> [[WeightedTerm]] { try await encode(queries) }

    private func encode(_ texts: [String]) async throws -> [[WeightedTerm]] {
        let end = ContinuousClock.now + settings.deadline
        let starts = Array(stride(from: 0, to: texts.count, by: settings.batch))
        return try await withThrowingTaskGroup(of: (Int, [[WeightedTerm]]).self) { group in
            var next = 0
            func add() {
                guard next < starts.count else { return }
                let start = starts[next]
                let batch = Array(texts[start..<min(texts.count, start + settings.batch)])
                group.addTask { (start, try await request(batch, by: end)) }
                next += 1
            }
            for _ in 0..<settings.concurrency { add() }
            var result = [[WeightedTerm]](repeating: [], count: texts.count)
            while let (start, vectors) = try await group.next() {
                result.replaceSubrange(start..<start + vectors.count, with: vectors)
                add()
            }
            return result
        }
    }

    private struct Request: Encodable {
        let inputs: [String]
        let truncate: Bool
    }

    private struct Component: Decodable {
        let index: Int
        let value: Float
    }

    private func request(_ batch: [String], by end: ContinuousClock.Instant) async throws -> [[WeightedTerm]] {
        let body = Array(try JSONEncoder().encode(Request(inputs: batch, truncate: settings.truncates)))
        var pause = settings.pause
        var failure = "no attempt was made"
        for attempt in 1...settings.attempts {
            let left = end - ContinuousClock.now
            guard left > .zero else { break }
            do {
                let answer = try await transport.post(body, to: url, headers: headers, timeout: left)
                if answer.status == 200 { return try vectors(answer.body, count: batch.count) }
                failure = "the service answered \(answer.status)"
                guard answer.status == 429 || answer.status >= 500 else {
                    throw SparseStoreError(
                        .invalidArgument, "\(failure) to '\(url)'; check the address, the authorization and the texts")
                }
            } catch let error as SparseStoreError {
                throw error
            } catch let error as CancellationError {
                throw error
            } catch {
                failure = "\(error)"
            }
            guard attempt < settings.attempts, ContinuousClock.now + pause < end else { break }
            try await Task.sleep(for: pause)
            pause *= 2
        }
        guard ContinuousClock.now < end else {
            throw SparseStoreError(
                .deadlineExceeded, "'\(url)' did not encode the texts in time (\(failure)); allow more time")
        }
        throw SparseStoreError(.io, "'\(url)' did not encode the texts: \(failure); see whether the service runs")
    }

    /// The vectors of an answer; weights of 0 and below say nothing.
    private func vectors(_ body: [UInt8], count: Int) throws -> [[WeightedTerm]] {
        let rows: [[Component]]
        do {
            rows = try JSONDecoder().decode([[Component]].self, from: Data(body))
        } catch {
            throw SparseStoreError(
                .io, "the answer of '\(url)' is no list of sparse vectors; is it a text-embeddings-inference service?")
        }
        guard rows.count == count else {
            throw SparseStoreError(
                .io, "'\(url)' answered \(rows.count) vectors for \(count) texts; report it to its authors")
        }
        return try rows.map { row in
            try row.compactMap { component in
                guard tokens.indices.contains(component.index) else {
                    throw SparseStoreError(
                        .invalidArgument,
                        "'\(url)' speaks of token \(component.index), and the vocabulary has \(tokens.count); "
                            + "give the vocabulary of its model")
                }
                guard component.value > 0 else { return nil }
                return WeightedTerm(tokens[component.index], component.value)
            }
        }
    }
}
