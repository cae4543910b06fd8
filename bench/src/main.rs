mod world;
use counterweight_simnet::Signer;
use world::*;
fn main() {
    for value in [LotValue::Usual, LotValue::Small] {
        let mut x = exchange(value);
        let maker = trader(&mut x, "maker", 100_000_000);
        let long = trader(&mut x, "long", 200_000);
        let mut done = 0;
        let mut before = 0;
        for n in [1u16, 8, 16, 32, 64, 128] {
            open(&mut x, &long, &maker, done, n, 1000);
            done = n;
            let view = x.venue.margin_view(maker.margin);
            let r = x.chain.simulate(&[view], &[]).unwrap();
            // flag on a copy: drop cash by writing
            let mut acc = x.chain.svm.get_account(&long.margin).unwrap();
            let save = acc.clone();
            let core = 8 + 112;
            acc.data[core..core + 8].copy_from_slice(&(-1_000_000_000_000i64).to_le_bytes());
            x.chain.svm.set_account(long.margin, acc).unwrap();
            let f = x
                .chain
                .simulate(&[x.venue.flag_account(long.margin)], &[])
                .unwrap();
            let keep = x.chain.svm.get_account(&maker.margin).unwrap();
            with_orders(&mut x, &maker, 100);
            let w = x
                .chain
                .simulate(&[x.venue.margin_view(maker.margin)], &[])
                .unwrap();
            x.chain.svm.set_account(maker.margin, keep).unwrap();
            print!("orders={} ", w.units);
            println!(
                "{value:?} n={n} view={} flag={} ({})",
                r.units,
                f.units,
                f.units - before
            );
            before = f.units;
            x.chain.svm.set_account(long.margin, save).unwrap();
        }
        let _ = maker.key.pubkey();
    }
}
