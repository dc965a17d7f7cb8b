#if AsyncHTTPClient
    public import AsyncHTTPClient
    internal import NIOCore
    internal import NIOHTTP1
    public import SparseStore

    /// Carries the requests of ``HTTPSparseEncoder`` with async-http-client. With the package trait `AsyncHTTPClient`.
    public struct AsyncHTTPClientTransport: EncodingTransport {
        private let client: HTTPClient

        /// The most bytes of an answer.
        private static let maximumAnswer = 256 << 20

        /// Makes a transport.
        ///
        /// - Parameter client: by default the one that the process shares.
        public init(client: HTTPClient = .shared) { self.client = client }

        /// Posts a JSON body and returns the status and the body of the answer.
        public func post(
            _ body: [UInt8], to url: String, headers: [(name: String, value: String)], timeout: Duration
        ) async throws -> (status: Int, body: [UInt8]) {
            var request = HTTPClientRequest(url: url)
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/json")
            for (name, value) in headers { request.headers.add(name: name, value: value) }
            request.body = .bytes(body)
            let response = try await client.execute(request, deadline: .now() + TimeAmount(timeout))
            let bytes = try await response.body.collect(upTo: Self.maximumAnswer)
            return (Int(response.status.code), Array(bytes.readableBytesView))
        }
    }

    extension HTTPSparseEncoder {
        /// Makes an encoder that uses async-http-client. See
        /// ``init(url:model:tokens:headers:settings:transport:)``. With the package trait `AsyncHTTPClient`.
        ///
        ///     let encoder = try HTTPSparseEncoder(
        ///         url: "http://localhost:8080", model: "splade-v3", tokens: tokenizer.tokens)
        ///
        /// - Parameters:
        ///   - url: of the service, such as `http://localhost:8080`.
        ///   - model: its name, which a store remembers.
        ///   - tokens: the model's vocabulary, by token number; see ``WordPieceTokenizer/tokens``.
        ///   - headers: of each request, such as an authorization.
        ///   - settings: batches, attempts and the deadline.
        /// - Throws: `invalidArgument` for settings below 1 and an empty vocabulary.
        public init(
            url: String, model: String, tokens: [String], headers: [(name: String, value: String)] = [],
            settings: Settings = Settings()
        ) throws(SparseStoreError) {
            try self.init(
                url: url, model: model, tokens: tokens, headers: headers, settings: settings,
                transport: AsyncHTTPClientTransport())
        }
    }
#endif
