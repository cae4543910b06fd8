// Written by scripts/generate.mjs. Do not edit: run `make client`.

/** What each further position costs at most, where only accounts with fewer were measured. */
export const A_POSITION = 1000;
/** What looking for an address may cost besides, of instructions that create accounts. */
export const SEARCHING = 15000;
/** What the instructions that set the limit and the price of a unit cost. */
export const BUDGET = 300;
/** What each position costs more, in each instruction, of an account that is judged by portfolio margin or holds options. */
export const A_SCANNED = 6000;
/** What an instruction that computes arrays of options costs besides. */
export const ARRAYS = 2000;
/** What each option of it costs. */
export const AN_ARRAY = 9000;
/** What each option costs more whose smile is set. */
export const A_SMILE = 4000;
/** What an instruction of another program may use, where nobody says. */
export const FOREIGN = 200000;
/** The most compute units that a transaction can ask for. */
export const MOST_UNITS = 1400000;

/** Instructions that create accounts. */
export const CREATING: readonly string[] = ['add_market', 'create_clearinghouse', 'list_collateral', 'open_backstop', 'open_margin_account', 'open_triggers'];

/** Name and measured cases (positions, 0 where they do not matter; compute units) of each instruction, by the first eight
 * bytes of its data, in hexadecimal. */
export const MEASURED: Readonly<Record<string, readonly [string, readonly (readonly [number, number])[]]>> = {
  '6b56c65b210c6ba0': ['accept_authority', [[0, 1701]]],
  '2f2873c65b0cde31': ['accrue_interest', [[0, 2993]]],
  '5135868ef3492ab3': ['add_asset', [[0, 4505]]],
  '2989b97e458bfe37': ['add_market', [[0, 10567]]],
  '73eb2601733ada51': ['audit', [[0, 8685]]],
  'eee15f9ee36708c2': ['cancel_orders', [[8, 12587]]],
  'd08bf934f72139df': ['cancel_trigger', [[8, 1953]]],
  'ababa5344aa1aafc': ['catch_up', [[8, 3025]]],
  '69d729efa6cf0167': ['close_margin_account', [[0, 1336]]],
  'fd813524c60ec1ec': ['close_triggers', [[0, 897]]],
  'a498cf631eba13b6': ['collect_fees', [[0, 1367]]],
  'ce24a130cf777b76': ['create_clearinghouse', [[0, 29245]]],
  '9e7f1bdeb7b223c2': ['deleverage', [[8, 14587], [32, 33235], [48, 45664]]],
  'e3086fdc106a6730': ['deleverage_backstop', [[8, 9871], [32, 18729], [48, 24446]]],
  'f223c68952e1f2b6': ['deposit', [[1, 5601], [8, 5601], [16, 5601], [32, 5601], [64, 5601], [128, 5601]]],
  'fed0761dadf8c846': ['edit_order', [[8, 8929]]],
  '9e63c989c014ec88': ['execute_trigger', [[8, 12986]]],
  'e66648764d6f03e6': ['flag_account', [[1, 1699], [8, 2685], [16, 3821], [32, 6093], [64, 10637], [128, 19709]]],
  '3ad825a2c9321442': ['fund_insurance', [[0, 6514]]],
  'acf3085333bac645': ['greeks_view', [[32, 21419]]],
  '33f571e0857ad056': ['grow_market', [[0, 3842]]],
  'dfb3e27d302e274a': ['liquidate', [[1, 7428], [8, 10617], [16, 14582], [32, 60641], [64, 37537], [128, 67934]]],
  'a0c74e8d8c92a6d4': ['liquidate_collateral', [[0, 7008]]],
  '0125a4ec8cddd6b3': ['liquidate_slice', [[1, 8931], [8, 30411], [16, 55379], [32, 198782]]],
  '9be82fab7cce851b': ['list_collateral', [[0, 14826]]],
  'dbc20600a6985fd6': ['margin_view', [[1, 2782], [8, 4985], [16, 7569], [32, 61959], [64, 23073], [128, 43629]]],
  'dfb2d75eaac5faf2': ['migrate_risk_book', [[0, 79291]]],
  '94b6905bba0c7612': ['nominate_authority', [[0, 1803]]],
  'a7b9fc8ab945e01f': ['open_backstop', [[0, 6395]]],
  'fb3636e9b47dcb6b': ['open_margin_account', [[0, 7846]]],
  '3da7e57c31b0ce24': ['open_triggers', [[8, 7272]]],
  'd316ddfb4a79c12f': ['pause', [[0, 1695]]],
  '33c29baf6d82606a': ['place_order', [[8, 9468]]],
  '3c3f327b0cc53cbe': ['place_orders', [[8, 23444]]],
  'db4bc6ac57e8cd15': ['place_trigger', [[8, 2088]]],
  '1bd59fbf0c747079': ['prune_orders', [[8, 9601]]],
  '8b77db04a885b846': ['refresh_arrays', [[0, 8635]]],
  '1a88848fec34b20c': ['refresh_prices', [[0, 99966]]],
  '3516f134a5a25dc2': ['resize_margin_account', [[0, 3553]]],
  'afe0141b6bedce9f': ['resolve_default', [[8, 25267], [32, 93567], [48, 142591]]],
  'b75dd3a3f261d17d': ['set_asset_risk', [[0, 5370]]],
  '153726d7c517afb3': ['set_asset_terms', [[0, 1822]]],
  'f21e2e4c6ceb80b5': ['set_delegate', [[0, 1260]]],
  '25aadc380c25ab2a': ['set_fee_discount', [[0, 1604]]],
  '93f332799aa4321e': ['set_guardian', [[0, 1805]]],
  'c8fc7a41ae5d2c81': ['set_market_terms', [[0, 2832]]],
  'e459fb72658cc87b': ['set_outflow_limit', [[0, 1911]]],
  'b8acb33db336610d': ['set_portfolio_terms', [[0, 2117]]],
  '36157a68b08800ca': ['set_risk_model', [[32, 38267]]],
  '91decc2cf99b7adb': ['set_risk_terms', [[0, 2317]]],
  '348b83c76691198d': ['set_smile', [[0, 11384]]],
  '6de6b353561a065d': ['set_volatility_feed', [[0, 1803]]],
  '4d706a1703f40ecb': ['settle_block_trade', [[1, 7623], [8, 22908], [16, 26420], [32, 33012], [64, 56261], [128, 105179]]],
  'bb443928794849a1': ['settle_expired', [[0, 2196]]],
  'fa141aebc9bd7039': ['settle_fills', [[8, 22608]]],
  'c1995fd8a60690d9': ['settle_market', [[0, 3800]]],
  '219c4adad72a70af': ['settle_position', [[0, 2582]]],
  '0931f2589c546d0f': ['sweep_dust', [[0, 2466]]],
  'b2901ad8f1bbce82': ['trade', [[8, 50969]]],
  'a334c8e78c0345ba': ['transfer', [[1, 3427], [8, 4741], [16, 6301], [32, 9421], [64, 15661], [128, 28039]]],
  'e04209464b515e58': ['update_funding', [[8, 2090]]],
  'b712469c946da122': ['withdraw', [[1, 7626], [8, 9823], [16, 12399], [32, 17551], [64, 27855], [128, 48349]]],
  'c6d4ab6d90d7ae59': ['withdraw_fees', [[0, 7017]]],
};
