#if AsyncHTTPClient
    public import AsyncHTTPClient
    internal import NIOCore
    internal import NIOHTTP1
    public import SparseStore

    /// Sends the requests of ``HTTPSparseEncoder`` with async-http-client. Requires the package trait
    /// `AsyncHTTPClient`.
    public struct AsyncHTTPClientTransport: EncodingTransport {
        private let client: HTTPClient

        /// The maximum number of bytes of a response.
        private static let maximumAnswer = 256 << 20

        /// Creates a transport.
        ///
        /// - Parameter client: The client to use. The default is the shared client of the process.
        public init(client: HTTPClient = .shared) { self.client = client }

        /// Posts a JSON body. Returns the status and the body of the response.
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
        /// Creates an encoder that uses async-http-client. See ``init(url:model:tokens:headers:settings:transport:)``.
        /// Requires the package trait `AsyncHTTPClient`.
        ///
        ///     let encoder = try HTTPSparseEncoder(
        ///         url: "http://localhost:8080", model: "splade-v3", tokens: tokenizer.tokens)
        ///
        /// - Parameters:
        ///   - url: The address of the service, such as `http://localhost:8080`.
        ///   - model: The name of the model, which a store records.
        ///   - tokens: The vocabulary of the model, by token number; see ``WordPieceTokenizer/tokens``.
        ///   - headers: The headers of each request, such as an authorization.
        ///   - settings: The batches, attempts and deadline.
        /// - Throws: `invalidArgument` if a setting is below 1 or the vocabulary is empty.
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
