import Foundation
import Platform
import SparseStore
import Synchronization
import Testing

@testable import SparseText

@Suite("Encoding over HTTP")
struct HTTPEncoderTests {
    private struct Broken: Error {}

    /// A service that answers the length of each text as the weight of the token 1, after as many failures as it is
    /// told.
    private final class Service: EncodingTransport {
        private struct State {
            var failures: [Int]
            var requests = 0
            var running = 0
            var mostRunning = 0
        }

        private let state: Mutex<State>

        /// - Parameter failures: statuses of the first answers; 0 for a connection that breaks.
        init(failures: [Int] = []) { state = Mutex(State(failures: failures)) }

        var requests: Int { state.withLock { $0.requests } }
        var mostRunning: Int { state.withLock { $0.mostRunning } }

        func post(
            _ body: [UInt8], to url: String, headers: [(name: String, value: String)], timeout: Duration
        ) async throws -> (status: Int, body: [UInt8]) {
            let failure = state.withLock { state in
                state.requests += 1
                state.running += 1
                state.mostRunning = max(state.mostRunning, state.running)
                return state.failures.isEmpty ? nil : state.failures.removeFirst()
            }
            defer { state.withLock { $0.running -= 1 } }
            await Task.yield()
            if failure == 0 { throw Broken() }
            if let failure { return (failure, []) }
            struct Request: Decodable { let inputs: [String] }
            let texts = try JSONDecoder().decode(Request.self, from: Data(body)).inputs
            let rows = texts.map { "[{\"index\": 1, \"value\": \($0.utf8.count)}, {\"index\": 0, \"value\": 0}]" }
            return (200, Array("[\(rows.joined(separator: ","))]".utf8))
        }
    }

    private func encoder(
        _ service: Service, tokens: [String] = ["a", "b"],
        _ change: (inout HTTPSparseEncoder.Settings) -> Void = { _ in }
    ) throws -> HTTPSparseEncoder {
        var settings = HTTPSparseEncoder.Settings()
        settings.pause = .milliseconds(1)
        // No test waits for it, however slow the machine is.
        settings.deadline = .seconds(86_400)
        change(&settings)
        return try HTTPSparseEncoder(
            url: "http://service", model: "test", tokens: tokens, settings: settings, transport: service)
    }

    @Test
    func `vectors come in the order of the texts, whatever the batches`() async throws {
        let service = Service()
        let texts = (0..<103).map { String(repeating: "x", count: 1 + $0 * 7 % 50) }
        let vectors = try await encoder(service) { ($0.batch, $0.concurrency) = (10, 3) }.encode(documents: texts)
        #expect(vectors == texts.map { [WeightedTerm("b", Float($0.utf8.count))] })
        #expect(service.requests == 11)
        #expect(service.mostRunning <= 3)
    }

    @Test(arguments: [[429], [503, 0], [500, 502, 0]])
    func `a busy service and a broken connection are tried again`(_ failures: [Int]) async throws {
        let service = Service(failures: failures)
        #expect(try await encoder(service).encode(queries: ["abc"]) == [[WeightedTerm("b", 3)]])
        #expect(service.requests == failures.count + 1)
    }

    @Test
    func `after the last attempt the reason is told`() async throws {
        let service = Service(failures: [503, 503, 503])
        let error = await #expect(throws: SparseStoreError.self) {
            try await encoder(service) { $0.attempts = 2 }.encode(queries: ["abc"])
        }
        #expect(error?.code == .io)
        #expect(error?.message.contains("503") == true)
        #expect(service.requests == 2)
    }

    @Test
    func `a refusal is not tried again`() async throws {
        let service = Service(failures: [413])
        let error = await #expect(throws: SparseStoreError.self) { try await encoder(service).encode(queries: ["abc"]) }
        #expect(error?.code == .invalidArgument)
        #expect(service.requests == 1)
    }

    @Test
    func `no attempt is made past the deadline`() async throws {
        let service = Service()
        let error = await #expect(throws: SparseStoreError.self) {
            try await encoder(service) { $0.deadline = .zero }.encode(queries: ["abc"])
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(service.requests == 0)
    }

    @Test
    func `a token outside the vocabulary is refused`() async throws {
        let error = await #expect(throws: SparseStoreError.self) {
            try await encoder(Service(), tokens: ["a"]).encode(queries: ["abc"])
        }
        #expect(error?.message.contains("token 1") == true)
    }

    @Test
    func `no text is no request`() async throws {
        let service = Service()
        #expect(try await encoder(service).encode(documents: []).isEmpty)
        #expect(service.requests == 0)
    }
}
