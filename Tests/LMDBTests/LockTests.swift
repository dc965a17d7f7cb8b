import Platform
import Testing

@testable import LMDB

@Suite struct LockTests {
    @Test func `a lock keeps counts right`() {
        let lock = Lock(0)
        onThreads(4) { _ in for _ in 0..<1_000 { lock.withLock { $0 += 1 } } }
        #expect(lock.withLock { $0 } == 4_000)
    }

    @Test func `a lock releases when the body throws`() {
        let lock = Lock(1)
        #expect(throws: Interruption()) { try lock.withLock { _ throws(Interruption) in throw Interruption() } }
        #expect(lock.withLock { $0 } == 1)
    }

    @Test func `a monitor wakes those who wait`() {
        let monitor = Monitor(0)
        onThreads(3) { index in
            if index == 0 { return monitor.withLock { $0 = 1 } }
            #expect(monitor.withLock(waitingUpTo: .seconds(20), until: { $0 == 1 }) { _, isReady in isReady })
        }
    }

    @Test func `a monitor gives up in time`() {
        let start = ContinuousClock.now
        let ready = Monitor(0).withLock(waitingUpTo: .milliseconds(30), until: { $0 == 1 }) { _, isReady in isReady }
        #expect(!ready)
        #expect(ContinuousClock.now - start >= .milliseconds(30))
    }
}
