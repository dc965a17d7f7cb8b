#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
public import SparseStore

/// A transport that sends requests to an encoding service.
///
/// It can be implemented with any HTTP client.
public protocol EncodingTransport: Sendable {
    /// Posts a JSON body. Returns the status and the body of the response.
    ///
    /// - Parameters:
    ///   - body: The JSON text.
    ///   - url: The address of the service.
    ///   - headers: The names and values of headers in addition to `Content-Type`.
    ///   - timeout: The time after which the request fails.
    /// - Throws: Any error of the connection. The request is then retried.
    func post(
        _ body: [UInt8], to url: String, headers: [(name: String, value: String)], timeout: Duration
    ) async throws -> (status: Int, body: [UInt8])
}

/// An encoder that calls `/embed_sparse` of Hugging Face's text-embeddings-inference.
///
/// Texts are sent in batches, several at a time. If a batch fails or returns status 429 or a status of 500 and above,
/// it is retried after a pause that doubles each time. One deadline applies to everything. The vocabulary of the model
/// maps the token numbers of the service to terms.
public struct HTTPSparseEncoder: SparseEncoder {
    /// The settings for using the service.
    public struct Settings: Sendable, Hashable {
        /// The number of texts per request.
        public var batch = 32
        /// The number of concurrent requests.
        public var concurrency = 4
        /// The number of attempts per request.
        public var attempts = 4
        /// The pause before the second attempt; it doubles with each attempt.
        public var pause = Duration.milliseconds(100)
        /// The maximum time of a call.
        public var deadline = Duration.seconds(60)
        /// Whether the service truncates texts that are too long; otherwise it refuses them.
        public var truncates = true

        /// Creates the default settings.
        public init() {}
    }

    /// The description that a store records when documents are encoded.
    public let description: EncoderDescription
    private let url: String
    private let headers: [(name: String, value: String)]
    private let tokens: [String]
    private let settings: Settings
    private let transport: any EncodingTransport

    /// Creates an encoder.
    ///
    /// - Parameters:
    ///   - url: The address of the service, such as `http://localhost:8080`.
    ///   - model: The name of the model, which a store records.
    ///   - tokens: The vocabulary of the model, by token number; see ``WordPieceTokenizer/tokens``.
    ///   - headers: The headers of each request, such as an authorization.
    ///   - settings: The batches, attempts and deadline.
    ///   - transport: The transport that sends requests.
    /// - Throws: `invalidArgument` if a setting is below 1 or the vocabulary is empty.
    public init(
        url: String, model: String, tokens: [String], headers: [(name: String, value: String)] = [],
        settings: Settings = Settings(), transport: any EncodingTransport
    ) throws(SparseStoreError) {
        guard settings.batch >= 1, settings.concurrency >= 1, settings.attempts >= 1, !tokens.isEmpty else {
            throw SparseStoreError(
                .invalidArgument,
                problem: "an HTTP encoder needs a vocabulary and at least 1 for batch, concurrency "
                    + "and attempts",
                remedy: "correct the values")
        }
        self.url = url.hasSuffix("/") ? url + "embed_sparse" : url + "/embed_sparse"
        self.headers = headers
        self.tokens = tokens
        self.settings = settings
        self.transport = transport
        description = EncoderDescription(
            name: "http:\(model)", fingerprint: Vocabulary.fingerprint(tokens), parameters: "\(tokens.count) tokens")
    }

    /// Returns the vectors of documents, in order.
    public func encode(documents: [String]) async throws -> [[WeightedTerm]] { try await encode(documents) }

    /// Returns the vectors of queries, in order.
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
                        .invalidArgument, problem: "\(failure) to '\(url)'",
                        remedy: "check the address, the authorization and the texts")
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
                .deadlineExceeded, problem: "'\(url)' did not encode the texts before the deadline (\(failure))",
                remedy: "allow more time")
        }
        throw SparseStoreError(
            .io, problem: "'\(url)' did not encode the texts: \(failure)",
            remedy: "check that the service is running")
    }

    /// Returns the vectors of a response. Weights of 0 and below are left out.
    private func vectors(_ body: [UInt8], count: Int) throws -> [[WeightedTerm]] {
        let rows: [[Component]]
        do {
            rows = try JSONDecoder().decode([[Component]].self, from: Data(body))
        } catch {
            throw SparseStoreError(
                .io, problem: "the answer of '\(url)' is not a list of sparse vectors",
                remedy: "use a text-embeddings-inference service")
        }
        guard rows.count == count else {
            throw SparseStoreError(
                .io, problem: "'\(url)' returned \(rows.count) vectors for \(count) texts",
                remedy: "report this to the authors of the service")
        }
        return try rows.map { row in
            try row.compactMap { component in
                guard tokens.indices.contains(component.index) else {
                    throw SparseStoreError(
                        .invalidArgument,
                        problem: "'\(url)' returned token \(component.index), but the vocabulary "
                            + "has \(tokens.count) tokens",
                        remedy: "use the vocabulary of its model")
                }
                guard component.value > 0 else { return nil }
                return WeightedTerm(tokens[component.index], component.value)
            }
        }
    }
}
