import { createRoot } from 'react-dom/client';
import { App } from './app';
import { begin } from './live/begin';

const place = document.getElementById('app');
if (place) createRoot(place).render(<App />);
void begin();
